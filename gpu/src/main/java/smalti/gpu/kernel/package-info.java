/// The kernels, in the Java that TornadoVM compiles for a device: static methods over arrays,
/// without objects and exceptions.
@NullMarked
package smalti.gpu.kernel;

import org.jspecify.annotations.NullMarked;
