/** What makes a virtio device a network card (VirtIO 1.3 §5.1). */
@NullMarked
package virtionet.net;

import org.jspecify.annotations.NullMarked;
