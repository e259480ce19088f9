/// Benchmarks: the same work done by Smalti and by other libraries, timed in turn in one process.
///
/// [smalti.bench.Work] says what is to be done, [smalti.bench.Implementation] who does it,
/// [smalti.bench.Rotation] is what JMH times, [smalti.bench.Measurement] turns its numbers into
/// rows.
@NullMarked
package smalti.bench;

import org.jspecify.annotations.NullMarked;
