/** What every virtio device has: transport, status, features, virtqueues (VirtIO 1.3 §2–4). */
@NullMarked
package virtionet.virtio;

import org.jspecify.annotations.NullMarked;
