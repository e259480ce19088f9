package smalti.bench.peers;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// Calls functions of a loaded native library that its Java binding leaves out.
@SuppressWarnings("restricted")
final class NativeThreads {
  private final SymbolLookup library;

  /// @param file the library, already loaded; opening it again gives the same one
  NativeThreads(Path file) {
    library = SymbolLookup.libraryLookup(file, Arena.global());
  }

  /// Calls `void NAME(int)`.
  void set(String name, int value) {
    try {
      handle(name, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT)).invokeExact(value);
    } catch (Throwable e) {
      throw new IllegalStateException(name, e);
    }
  }

  /// Calls `char *NAME(void)`.
  String text(String name) {
    try {
      MemorySegment text =
          (MemorySegment) handle(name, FunctionDescriptor.of(ValueLayout.ADDRESS)).invokeExact();
      return text.reinterpret(256).getString(0);
    } catch (Throwable e) {
      throw new IllegalStateException(name, e);
    }
  }

  private MethodHandle handle(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), type);
  }
}
