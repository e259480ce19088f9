package smalti.gpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import smalti.tensor.backend.Backend;
import smalti.tensor.backend.BackendProvider;
import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/// Offers the devices that TornadoVM finds. It is never chosen by itself: `--device gpu` does.
public final class GpuProvider implements BackendProvider {
  private static final String BAILOUT = "tornado.recover.bailout";
  private static final String BYTECODE = "tornado.tvm.maxbytecodesize";

  /// Makes the provider, as [java.util.ServiceLoader] does.
  public GpuProvider() {}

  @Override
  public String name() {
    return "gpu";
  }

  @Override
  public int rank() {
    return -100; // below the reference
  }

  @Override
  public Availability availability() {
    if (ModuleLayer.boot().findModule("tornado.runtime").isEmpty()) {
      return new Availability.Unavailable(
          "TornadoVM is not switched on in this Java: start it by ./smalti with TORNADOVM_HOME set,"
              + " or with java @$TORNADOVM_HOME/tornado-argfile");
    }
    try {
      if (found().isEmpty()) {
        return new Availability.Unavailable(
            "TornadoVM finds no device: install the driver of your GPU, or PoCL to try it on the"
                + " CPU (Debian: pocl-opencl-icd)");
      }
    } catch (LinkageError | RuntimeException e) {
      return new Availability.Unavailable("TornadoVM does not start: " + e);
    }
    return new Availability.Available();
  }

  @Override
  public List<Device> devices() {
    List<Device> devices = new ArrayList<>();
    if (availability() instanceof Availability.Available) {
      for (TornadoDevice d : found()) {
        devices.add(
            new Device(
                "%s, %s by %s, %d compute units, %.1f GB"
                    .formatted(
                        d.getPhysicalDevice().getDeviceName(),
                        d.getDeviceType(),
                        d.getTornadoVMBackend(),
                        d.getPhysicalDevice().getDeviceMaxComputeUnits(),
                        1e-9 * d.getMaxGlobalMemory())));
      }
    }
    return devices;
  }

  @Override
  public Backend create() {
    return create(0);
  }

  @Override
  public Backend create(int device) {
    List<TornadoDevice> all = found();
    if (device < 0 || device >= all.size()) {
      throw new IllegalArgumentException(
          "gpu:%d: there are %d devices; see ./smalti devices".formatted(device, all.size()));
    }
    return new GpuBackend(new smalti.gpu.Device(all.get(device), memory()));
  }

  /// Returns all devices, those of the first TornadoVM backend first.
  private static List<TornadoDevice> found() {
    // Otherwise a kernel that does not compile would silently run in Java, and some of them
    // wrongly.
    if (System.getProperty(BAILOUT) == null) {
      System.setProperty(BAILOUT, "False");
    }
    if (System.getProperty(BYTECODE) == null) {
      System.setProperty(BYTECODE, "65536"); // its 4096 bytes hold some 30 of our tasks
    }
    List<TornadoDevice> all = new ArrayList<>();
    var runtime = TornadoRuntimeProvider.getTornadoRuntime();
    for (int b = 0; b < runtime.getNumBackends(); b++) {
      TornadoBackend backend = runtime.getBackend(b);
      for (int d = 0; d < backend.getNumDevices(); d++) {
        all.add(backend.getDevice(d));
      }
    }
    return all;
  }

  /// Reads `smalti.gpu.memory`, e.g. `4g` or `500m`; 1 GB if it is not given.
  private static long memory() {
    String text = System.getProperty("smalti.gpu.memory", "1g").toLowerCase(Locale.ROOT);
    if (!text.matches("[0-9]{1,12}[mg]")) {
      throw new IllegalArgumentException(
          "smalti.gpu.memory: must be a size such as 500m or 4g; got " + text);
    }
    long unit = text.endsWith("g") ? 1L << 30 : 1L << 20;
    return Long.parseLong(text.substring(0, text.length() - 1)) * unit;
  }
}
