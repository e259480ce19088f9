package smalti.bench.peers;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.mkl.global.mkl_rt;
import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;

/// Is Intel's MKL. It puts its functions in the place of those of the same name of libraries that
/// call them later for the first time; so it comes after libtorch in the list of peers.
public final class Mkl implements Implementation {
  private static final class Library {
    static final NativeLibrary CALLS =
        new NativeLibrary(Path.of(Loader.load(mkl_rt.class)).resolveSibling("libmkl_rt.so.2"));
  }

  @Override
  public String name() {
    return "mkl";
  }

  @Override
  public String settings() {
    byte[] text = new byte[200];
    mkl_rt.MKL_Get_Version_String(text, text.length);
    return new String(text, StandardCharsets.US_ASCII).replace('\0', ' ').strip()
        + ", MKL_Set_Num_Threads as ours";
  }

  @Override
  public boolean supports(Work work, int threads) {
    return work instanceof Work.Sgemm;
  }

  @Override
  public void threads(int threads) {
    mkl_rt.MKL_Set_Num_Threads(threads);
  }

  @Override
  public Task prepare(Work work) {
    return new Blas((Work.Sgemm) work, Library.CALLS.sgemm());
  }
}
