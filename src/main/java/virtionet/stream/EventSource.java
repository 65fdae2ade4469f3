package virtionet.stream;

import akka.stream.Attributes;
import akka.stream.Outlet;
import akka.stream.SourceShape;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import virtionet.driver.DeviceEvent;
import virtionet.driver.DeviceEvents;

/** What happens to a device; of what waits for demand, the latest of each kind. */
final class EventSource extends GraphStage<SourceShape<DeviceEvent>> {
  private final DeviceEvents events;
  private final Outlet<DeviceEvent> out = Outlet.create("EventSource.out");
  private final SourceShape<DeviceEvent> shape = SourceShape.of(out);

  EventSource(DeviceEvents events) {
    this.events = events;
  }

  @Override
  public SourceShape<DeviceEvent> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic implements DeviceEvents.Listener {
    private final AsyncCallback<DeviceEvent> onEvent = createAsyncCallback(this::onEvent);
    private final AsyncCallback<Boolean> onEnd = createAsyncCallback(end -> onEnd());
    private final Map<Class<?>, DeviceEvent> unsaid = new LinkedHashMap<>();
    private boolean ended;

    Logic() {
      super(shape);
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              say();
            }
          });
    }

    @Override
    public void preStart() {
      events.subscribe(this);
    }

    @Override
    public void postStop() {
      events.unsubscribe(this);
    }

    @Override
    public void happened(DeviceEvent event) {
      onEvent.invoke(event);
    }

    @Override
    public void ended() {
      onEnd.invoke(true);
    }

    private void onEvent(DeviceEvent event) {
      // Last, whatever waits: what came after is not to be said before.
      unsaid.remove(event.getClass());
      unsaid.put(event.getClass(), event);
      if (isAvailable(out)) {
        say();
      }
    }

    private void onEnd() {
      ended = true;
      completeIfAllIsSaid();
    }

    private void say() {
      Iterator<DeviceEvent> next = unsaid.values().iterator();
      if (next.hasNext()) {
        DeviceEvent event = next.next();
        next.remove();
        push(out, event);
      }
      completeIfAllIsSaid();
    }

    private void completeIfAllIsSaid() {
      if (ended && unsaid.isEmpty()) {
        completeStage();
      }
    }
  }
}
