/// The other libraries that Smalti is measured beside, each doing the work of [smalti.bench.Work]
/// as well as it can.
@NullMarked
package smalti.bench.peers;

import org.jspecify.annotations.NullMarked;
