/**
 * Devices that do what they must not, and a driver that lives with it (docs/hostile-devices.md).
 */
@NullMarked
package virtionet.hostile;

import org.jspecify.annotations.NullMarked;
