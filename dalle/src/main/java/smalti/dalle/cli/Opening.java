package smalti.dalle.cli;

import java.io.IOException;
import smalti.dalle.data.CaptionedData;
import smalti.dalle.data.FolderData;

/// Opens data sets and says what is in them.
final class Opening {
  private Opening() {}

  static CaptionedData data(String what, int size, Progress progress) throws IOException {
    CaptionedData data = CaptionedData.open(what, size);
    progress.say("data  %s: %d pictures at %d px".formatted(data.name(), data.size(), size));
    if (data instanceof FolderData folder) {
      progress.say("data  " + folder.report());
    }
    return data;
  }
}
