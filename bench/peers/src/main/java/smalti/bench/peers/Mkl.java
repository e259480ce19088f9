package smalti.bench.peers;

import java.nio.charset.StandardCharsets;
import org.bytedeco.mkl.global.mkl_rt;
import smalti.bench.Implementation;
import smalti.bench.Task;
import smalti.bench.Work;

/// Is Intel's MKL.
public final class Mkl implements Implementation {
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
    return new Blas(
        (Work.Sgemm) work,
        (ta, tb, m, n, k, a, lda, b, ldb, c, ldc) ->
            mkl_rt.cblas_sgemm(Blas.ROW_MAJOR, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc));
  }
}
