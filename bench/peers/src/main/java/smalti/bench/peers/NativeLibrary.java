package smalti.bench.peers;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/// Calls functions of a loaded native library, and of that library alone. Several libraries of one
/// process may have functions of one name (`cblas_sgemm`), and a call from another library, a
/// binding for instance, can end in the wrong one.
@SuppressWarnings("restricted")
final class NativeLibrary {
  private static final int ROW_MAJOR = 101;

  /// Order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc.
  private static final FunctionDescriptor SGEMM =
      FunctionDescriptor.ofVoid(
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          JAVA_FLOAT,
          ADDRESS,
          JAVA_INT,
          ADDRESS,
          JAVA_INT,
          JAVA_FLOAT,
          ADDRESS,
          JAVA_INT);

  private final SymbolLookup library;

  /// @param file the library, already loaded; opening it again gives the same one
  NativeLibrary(Path file) {
    library = SymbolLookup.libraryLookup(file, Arena.global());
  }

  /// Returns its `cblas_sgemm`.
  Blas.Sgemm sgemm() {
    MethodHandle sgemm = handle("cblas_sgemm", SGEMM);
    return (transA, transB, m, n, k, a, lda, b, ldb, c, ldc) -> {
      try {
        sgemm.invokeExact(ROW_MAJOR, transA, transB, m, n, k, 1f, a, lda, b, ldb, 0f, c, ldc);
      } catch (Throwable e) {
        throw new IllegalStateException("cblas_sgemm", e);
      }
    };
  }

  /// Returns what calls `void NAME(int)`.
  IntConsumer setter(String name) {
    MethodHandle set = handle(name, FunctionDescriptor.ofVoid(JAVA_INT));
    return value -> {
      try {
        set.invokeExact(value);
      } catch (Throwable e) {
        throw new IllegalStateException(name, e);
      }
    };
  }

  /// Calls `int NAME(void)`.
  int number(String name) {
    try {
      return (int) handle(name, FunctionDescriptor.of(JAVA_INT)).invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException(name, e);
    }
  }

  /// Calls `char *NAME(void)`.
  String text(String name) {
    try {
      MemorySegment text =
          (MemorySegment) handle(name, FunctionDescriptor.of(ADDRESS)).invokeExact();
      return text.reinterpret(256).getString(0);
    } catch (Throwable e) {
      throw new IllegalStateException(name, e);
    }
  }

  private MethodHandle handle(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), type);
  }
}
