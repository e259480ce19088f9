package smalti.dalle.data;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Lays rows of pictures out on one sheet, each picture with a caption under it and each row with a
/// label above it, as wanted: reconstructions beside originals, samples for prompts.
///
/// Small pictures are enlarged by whole factors without smoothing, so that their pixels can be
/// seen; pictures larger than a cell are averaged down. Long captions are wrapped.
public final class PictureGrid {
  private static final int GAP = 8;
  private static final Color INK = new Color(0x222222);
  private static final Color PALE_INK = new Color(0x666666);
  private static final Color FRAME = new Color(0xdddddd);
  private static final Font CAPTION = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  private static final Font LABEL = new Font(Font.SANS_SERIF, Font.BOLD, 13);

  private final int cell;
  private final List<Row> rows = new ArrayList<>();

  private record Row(String label, List<Picture> pictures, List<String> captions) {}

  /// Begins an empty sheet whose pictures are shown `cell` pixels wide and high.
  ///
  /// @throws IllegalArgumentException when a cell would be narrower than 16 pixels
  public PictureGrid(int cell) {
    if (cell < 16) {
      throw new IllegalArgumentException("A cell needs at least 16 pixels; got " + cell + ".");
    }
    this.cell = cell;
  }

  /// Adds a row of pictures without words.
  public PictureGrid row(List<Picture> pictures) {
    return row("", pictures, List.of());
  }

  /// Adds a row of pictures under a label; an empty label takes no space.
  public PictureGrid row(String label, List<Picture> pictures) {
    return row(label, pictures, List.of());
  }

  /// Adds a row of pictures under a label, each above its own caption.
  ///
  /// @throws IllegalArgumentException when there are captions, but not one for each picture
  public PictureGrid row(String label, List<Picture> pictures, List<String> captions) {
    if (!captions.isEmpty() && captions.size() != pictures.size()) {
      throw new IllegalArgumentException(
          "A row needs one caption for each picture, or none; got %d pictures, %d captions."
              .formatted(pictures.size(), captions.size()));
    }
    rows.add(new Row(label, List.copyOf(pictures), List.copyOf(captions)));
    return this;
  }

  /// Draws the sheet.
  ///
  /// @throws IllegalStateException when no picture was added
  public BufferedImage toImage() {
    int columns = rows.stream().mapToInt(row -> row.pictures.size()).max().orElse(0);
    if (columns == 0) {
      throw new IllegalStateException("A sheet without pictures cannot be drawn.");
    }
    int width = GAP + columns * (cell + GAP);
    BufferedImage blank = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    Graphics2D measure = blank.createGraphics();
    int height = GAP;
    for (Row row : rows) {
      height = drawRow(measure, row, height, width, false);
    }
    measure.dispose();
    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    int y = GAP;
    for (Row row : rows) {
      y = drawRow(g, row, y, width, true);
    }
    g.dispose();
    return sheet;
  }

  /// Draws the sheet and writes it as a PNG file, whole or not at all.
  ///
  /// @throws IOException when the file cannot be written; the sentence names it
  public void writePng(Path file) throws IOException {
    PictureFile.writePng(toImage(), file);
  }

  /// Draws (or only measures) a row whose top is at `y` and returns where the next one begins.
  private int drawRow(Graphics2D g, Row row, int y, int width, boolean draw) {
    if (!row.label.isEmpty()) {
      y = drawText(g, LABEL, INK, row.label, GAP, y, width - 2 * GAP, draw) + GAP / 2;
    }
    int captionTop = y + cell + GAP / 4;
    int bottom = y + cell;
    for (int i = 0; i < row.pictures.size(); i++) {
      int x = GAP + i * (cell + GAP);
      if (draw) {
        drawPicture(g, row.pictures.get(i), x, y);
      }
      if (!row.captions.isEmpty()) {
        String caption = row.captions.get(i);
        bottom =
            Math.max(bottom, drawText(g, CAPTION, PALE_INK, caption, x, captionTop, cell, draw));
      }
    }
    return bottom + GAP;
  }

  private void drawPicture(Graphics2D g, Picture picture, int x, int y) {
    int longest = Math.max(picture.width(), picture.height());
    Picture shown;
    if (longest <= cell) {
      shown = picture.enlarge(cell / longest);
    } else {
      shown =
          picture.resizeArea(
              Math.max(1, picture.width() * cell / longest),
              Math.max(1, picture.height() * cell / longest));
    }
    int left = x + (cell - shown.width()) / 2;
    int top = y + (cell - shown.height()) / 2;
    g.setColor(FRAME);
    g.drawRect(left - 1, top - 1, shown.width() + 1, shown.height() + 1);
    g.drawImage(shown.toImage(), left, top, null);
  }

  private static int drawText(
      Graphics2D g, Font font, Color ink, String text, int x, int y, int width, boolean draw) {
    FontMetrics metrics = g.getFontMetrics(font);
    g.setFont(font);
    g.setColor(ink);
    for (String line : wrap(text, metrics, width)) {
      if (draw) {
        g.drawString(line, x, y + metrics.getAscent());
      }
      y += metrics.getHeight();
    }
    return y;
  }

  /// Breaks a text at spaces, and words that are too long for a line anywhere.
  static List<String> wrap(String text, FontMetrics metrics, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.strip().split("\\s+", -1)) {
      if (!line.isEmpty() && metrics.stringWidth(line + " " + word) > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      if (!line.isEmpty()) {
        line.append(' ');
      }
      for (int character : word.codePoints().toArray()) {
        String one = Character.toString(character);
        if (!line.isEmpty() && metrics.stringWidth(line + one) > width) {
          lines.add(line.toString());
          line.setLength(0);
        }
        line.append(one);
      }
    }
    if (!line.isEmpty()) {
      lines.add(line.toString());
    }
    return lines;
  }
}
