package smalti.dalle.plan;

import smalti.dalle.transformer.TransformerConfig;

/// Counts what PowerSGD (Vogels et al. 2019) sends between machines instead of the gradients of the
/// residual branches' matrices (Ramesh et al. 2021, section 2.5 and table 1).
///
/// The shard of a C×n matrix on one of G devices, C×(n/G), is sent as two factors of rank `r/G`, of
/// `C·r/G` and `n/G·r/G` numbers. Over the four C×C and two C×4C matrices of a block and all
/// devices that is `r·(6·C + 12·C/G)`, which for G = 8 saves `1 − 5r/(8C)` of `12·C²`.
///
/// @param rank total rank `r`
/// @param rankPerGpu rank of a device's factors
/// @param saved fraction of the numbers that is not sent
/// @param sentBytes of each device in an update, in 16 bits
/// @param uncompressedBytes of each device in an update without PowerSGD
public record PowerSgd(
    int rank, double rankPerGpu, double saved, double sentBytes, double uncompressedBytes) {

  /// Counts.
  public static PowerSgd of(TransformerConfig c, int rank, int devices) {
    double width = c.width();
    double all = 12 * width * width;
    double factors = (double) rank * (6 * width + 12 * width / devices);
    double sent = rank == 0 ? all : factors;
    double perDevice = 2.0 * c.layers() / devices;
    return new PowerSgd(
        rank, (double) rank / devices, 1 - sent / all, sent * perDevice, all * perDevice);
  }
}
