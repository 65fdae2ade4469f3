/** The documents: their text, taken apart for the tests that hold them to what is there. */
@NullMarked
package virtionet.documents;

import org.jspecify.annotations.NullMarked;
