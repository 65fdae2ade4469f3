/**
 * A virtio network device in plain Java, and the driver on it, for tests without QEMU; and what the
 * tests of several packages share.
 *
 * <p>The first is also published, as the testkit (docs/testkit.md): {@link
 * virtionet.testing.DriverOnModel} starts an actor system with the driver on a {@link
 * virtionet.testing.ModelMachine}; {@link virtionet.testing.ModelSettings} says what kind of device
 * stands there, and {@link virtionet.testing.NetDeviceModel} is its far end: it delivers frames,
 * keeps those that were transmitted, and notes each rule of VirtIO 1.3 that the driver breaks. The
 * classes that need JUnit are not part of it.
 */
@NullMarked
package virtionet.testing;

import org.jspecify.annotations.NullMarked;
