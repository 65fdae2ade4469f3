package virtionet.driver;

import akka.dispatch.DispatcherPrerequisites;
import akka.dispatch.ExecutorServiceConfigurator;
import akka.dispatch.ExecutorServiceFactory;
import akka.dispatch.MonitorableThreadFactory;
import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;

/**
 * Lets a dispatcher of Akka run on one thread that also waits for interrupts: {@code executor =
 * "virtionet.driver.EventLoopConfigurator"}. Made by Akka.
 */
public final class EventLoopConfigurator extends ExecutorServiceConfigurator {

  public EventLoopConfigurator(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(
      String id, ThreadFactory threadFactory) {
    ThreadFactory named =
        threadFactory instanceof MonitorableThreadFactory factory
            ? factory.withName(factory.name() + "-" + id)
            : threadFactory;
    return () -> new EventLoop(named);
  }
}
