package virtionet.machine;

/** How a device is reached: by registers, or by messages to a back-end. */
public sealed interface DeviceAccess permits Registers, BackEnd {}
