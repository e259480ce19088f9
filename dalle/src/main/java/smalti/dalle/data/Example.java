package smalti.dalle.data;

import java.util.List;

/// Holds a picture and what it shows.
///
/// @param picture the picture, at the set's size
/// @param concept what it shows, by a name that no other picture's concept shares unless both show
///   the same
/// @param group the wider class that the concept belongs to
/// @param captions texts that describe the picture; the first is the plainest
public record Example(Picture picture, String concept, String group, List<String> captions) {
  /// Checks that there is a caption.
  ///
  /// @throws IllegalArgumentException when there is none
  public Example {
    captions = List.copyOf(captions);
    if (captions.isEmpty()) {
      throw new IllegalArgumentException("The picture of " + concept + " has no caption.");
    }
  }

  /// Returns the plainest caption.
  public String caption() {
    return captions.getFirst();
  }
}
