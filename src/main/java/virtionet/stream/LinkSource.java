package virtionet.stream;

import akka.stream.Attributes;
import akka.stream.Outlet;
import akka.stream.SourceShape;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;
import org.jspecify.annotations.Nullable;
import virtionet.driver.LinkMonitor;
import virtionet.net.Link;

/** The present state of a link, then its changes, the latest at each demand. */
final class LinkSource extends GraphStage<SourceShape<Link>> {
  private final LinkMonitor monitor;
  private final Outlet<Link> out = Outlet.create("LinkSource.out");
  private final SourceShape<Link> shape = SourceShape.of(out);

  LinkSource(LinkMonitor monitor) {
    this.monitor = monitor;
  }

  @Override
  public SourceShape<Link> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic implements LinkMonitor.Listener {
    private final AsyncCallback<Link> onChange = createAsyncCallback(this::onLink);
    private final AsyncCallback<Boolean> onEnd = createAsyncCallback(end -> onEnd());
    private @Nullable Link unsaid;
    private @Nullable Link said;
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
      monitor.subscribe(this);
    }

    @Override
    public void postStop() {
      monitor.unsubscribe(this);
    }

    @Override
    public void changed(Link link) {
      onChange.invoke(link);
    }

    @Override
    public void ended() {
      onEnd.invoke(true);
    }

    private void onLink(Link link) {
      unsaid = link;
      if (isAvailable(out)) {
        say();
      }
    }

    private void onEnd() {
      ended = true;
      if (unsaid == null || unsaid.equals(said)) {
        completeStage();
      }
    }

    private void say() {
      Link link = unsaid;
      if (link != null && !link.equals(said)) {
        said = link;
        push(out, link);
      }
      unsaid = null;
      if (ended) {
        completeStage();
      }
    }
  }
}
