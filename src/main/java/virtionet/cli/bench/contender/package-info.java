/** The Java programs that {@code bench} measures, each in a process of its own. */
@NullMarked
package virtionet.cli.bench.contender;

import org.jspecify.annotations.NullMarked;
