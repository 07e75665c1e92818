//! The only painter: paints any picture on any plotters backend.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, FontTransform};

use super::measure::{self, FONT};
use super::picture::{Anchor, At, Form, Ink, Picture, Shape, Symbol};
use super::theme::Theme;
use super::xml;

/// Length of a dash and of the gap after it, in CSS pixels.
const DASH: f32 = 4.0;
/// Thickness of an outline.
const OUTLINE: f32 = 2.0;
/// Factor by which the symbol of the chosen mark is larger.
const CHOSEN_GROWTH: f32 = 1.5;

/// Reason why a picture could not be painted.
#[derive(Debug, thiserror::Error)]
#[error("the figure could not be drawn: {0}")]
pub struct PaintError(String);

/// One painting of a picture: its theme, its scale and the chosen mark.
#[derive(Clone, Copy)]
pub struct Painting<'a> {
    /// The picture to paint.
    pub picture: &'a Picture,
    /// The colours to use.
    pub theme: &'a Theme,
    /// Device pixels per CSS pixel.
    pub scale: f64,
    /// The mark with its answers open, if any.
    pub chosen: Option<u32>,
    /// Returns the width of a text at a font size, both in CSS pixels. Not plotters' own estimate: in a browser, that
    /// one lays out a DOM node on every call and wraps it at the window's edge.
    pub measure: &'a dyn Fn(&str, f64) -> f64,
}

impl Painting<'_> {
    /// Paints on a backend. Its size must be the picture's size times the scale.
    ///
    /// # Errors
    /// [`PaintError`] if the backend fails.
    pub fn paint<B: DrawingBackend>(&self, backend: &mut B) -> Result<(), PaintError> {
        Painter { painting: *self, text_factor: 1.0, backend }.paint().map_err(|error| PaintError(error.to_string()))
    }

    /// The picture's size in device pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (pixels(self.picture.width, self.scale).unsigned_abs(), pixels(self.picture.height, self.scale).unsigned_abs())
    }
}

/// Converts CSS pixels to device pixels.
#[expect(clippy::cast_possible_truncation, reason = "a picture is far smaller than 2^31 pixels")]
fn pixels(css: f32, scale: f64) -> i32 {
    (f64::from(css) * scale).round() as i32
}

struct Painter<'a, 'b, B> {
    painting: Painting<'a>,
    /// Divisor that the backend applies to font sizes.
    text_factor: f64,
    backend: &'b mut B,
}

type Painted<B> = Result<(), plotters_backend::DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

impl<B: DrawingBackend> Painter<'_, '_, B> {
    fn paint(&mut self) -> Painted<B> {
        let Painting { picture, theme, .. } = self.painting;
        let end = self.point((picture.width, picture.height));
        self.backend.draw_rect((0, 0), end, &filled(theme.background, 1.0), true)?;
        picture.shapes.iter().try_for_each(|shape| self.shape(shape))?;
        self.backend.present()
    }

    fn shape(&mut self, shape: &Shape) -> Painted<B> {
        let is_chosen = shape.mark.is_some() && shape.mark == self.painting.chosen;
        let ink = match shape.ink {
            Ink::Series(_) if is_chosen => Ink::Chosen,
            ink => ink,
        };
        let colour = self.painting.theme.colour(ink);
        match &shape.form {
            Form::Line { points, width, is_dashed: true } => {
                dashes(points).into_iter().try_for_each(|(from, to)| self.line(&[from, to], colour, *width))
            }
            Form::Line { points, width, .. } => self.line(points, colour, *width),
            Form::Area { points, opacity } => {
                let points: Vec<_> = points.iter().map(|&at| self.point(at)).collect();
                self.backend.fill_polygon(points, &filled(colour, *opacity))
            }
            Form::Box { at, size, is_filled, opacity } => {
                let (x, y, right, bottom) = (at.0, at.1, at.0 + size.0, at.1 + size.1);
                let frame = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y)];
                if !is_filled {
                    return self.line(&frame, colour, if is_chosen { OUTLINE * 1.5 } else { OUTLINE / 2.0 });
                }
                self.backend.draw_rect(
                    self.point(*at),
                    self.point((right, bottom)),
                    &filled(colour, *opacity),
                    true,
                )?;
                // A heat map cell's colour is its number, so the chosen cell keeps its colour and gets a frame.
                if is_chosen && ink != Ink::Chosen {
                    return self.line(&frame, self.painting.theme.chosen, OUTLINE * 1.5);
                }
                Ok(())
            }
            Form::Symbol { at, radius, symbol } => {
                self.symbol(*at, radius + if is_chosen { CHOSEN_GROWTH } else { 0.0 }, *symbol, colour)
            }
            Form::Text { at, text, size, anchor, room, is_upright } => {
                let turn = if *is_upright { FontTransform::Rotate270 } else { FontTransform::None };
                self.text((text, *size, *room), *at, (*anchor, turn), colour)
            }
        }
    }

    fn symbol(&mut self, at: At, radius: f32, symbol: Symbol, colour: RGBColor) -> Painted<B> {
        let corner = |x: f32, y: f32| (x.mul_add(radius, at.0), y.mul_add(radius, at.1));
        let polygon = |painter: &mut Self, corners: &[At]| {
            let points: Vec<_> = corners.iter().map(|&at| painter.point(at)).collect();
            painter.backend.fill_polygon(points, &filled(colour, 1.0))
        };
        match symbol {
            Symbol::Disc => {
                let size = self.thickness(radius);
                self.backend.draw_circle(self.point(at), size, &filled(colour, 1.0), true)
            }
            Symbol::Circle => {
                // The inside of an outlined symbol looks empty even if a line runs behind it.
                let background = self.painting.theme.background;
                let (size, stroke_width) = (self.thickness(radius - OUTLINE / 2.0), self.thickness(OUTLINE));
                self.backend.draw_circle(self.point(at), size, &filled(background, 1.0), true)?;
                let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width };
                self.backend.draw_circle(self.point(at), size, &style, false)
            }
            Symbol::Square => {
                polygon(self, &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)].map(|(x, y)| corner(x, y)))
            }
            Symbol::Triangle => polygon(self, &[(0.0, -1.1), (1.1, 0.9), (-1.1, 0.9)].map(|(x, y)| corner(x, y))),
            Symbol::Diamond => {
                polygon(self, &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)].map(|(x, y)| corner(x, y)))
            }
            Symbol::OpenSquare => {
                let corners = [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85), (-0.85, -0.85)]
                    .map(|(x, y)| corner(x, y));
                self.line(&corners, colour, OUTLINE)
            }
            Symbol::Cross => {
                self.line(&[corner(-0.9, -0.9), corner(0.9, 0.9)], colour, OUTLINE)?;
                self.line(&[corner(-0.9, 0.9), corner(0.9, -0.9)], colour, OUTLINE)
            }
        }
    }

    fn line(&mut self, points: &[At], colour: RGBColor, width: f32) -> Painted<B> {
        let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: self.thickness(width) };
        match points {
            [] => Ok(()),
            // A line of two points uses a call that keeps vertical and horizontal lines sharp on a canvas.
            &[from, to] => self.backend.draw_line(self.point(from), self.point(to), &style),
            _ => {
                let points: Vec<_> = points.iter().map(|&at| self.point(at)).collect();
                self.backend.draw_path(points, &style)
            }
        }
    }

    fn text(
        &mut self,
        (text, size, room): (&str, f32, Option<f32>),
        at: At,
        (anchor, turn): (Anchor, FontTransform),
        colour: RGBColor,
    ) -> Painted<B> {
        let Painting { measure, scale, .. } = self.painting;
        // A label is one line.
        let text: String = text.chars().map(|c| if xml::is_allowed(c) && !c.is_control() { c } else { ' ' }).collect();
        let text = match room {
            Some(room) => measure::fit(&text, f64::from(room), |text| measure(text, f64::from(size))),
            None => text,
        };
        let side = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let size = f64::from(size) * scale * self.text_factor;
        let style = TextStyle {
            font: FontDesc::new(FontFamily::Name(FONT), size, FontStyle::Normal).transform(turn),
            color: BackendColor { alpha: 1.0, rgb: (colour.0, colour.1, colour.2) },
            pos: Pos::new(side, VPos::Center),
        };
        self.backend.draw_text(&text, &style, self.point(at))
    }

    fn point(&self, (x, y): At) -> (i32, i32) {
        (pixels(x, self.painting.scale), pixels(y, self.painting.scale))
    }

    fn thickness(&self, css: f32) -> u32 {
        pixels(css, self.painting.scale).unsigned_abs().max(1)
    }
}

fn filled(colour: RGBColor, opacity: f32) -> ShapeStyle {
    ShapeStyle { color: colour.mix(f64::from(opacity)), filled: true, stroke_width: 0 }
}

/// The dashes along a line. The pattern continues from segment to segment.
fn dashes(points: &[At]) -> Vec<(At, At)> {
    let mut found = Vec::new();
    let mut before = 0.0_f32;
    for pair in points.windows(2) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        let length = (x1 - x0).hypot(y1 - y0);
        let at = |distance: f32| {
            let share = if length > 0.0 { (distance / length).clamp(0.0, 1.0) } else { 0.0 };
            ((x1 - x0).mul_add(share, x0), (y1 - y0).mul_add(share, y0))
        };
        let mut start = -(before % (2.0 * DASH));
        while start < length {
            let (from, to) = (start.max(0.0), (start + DASH).min(length));
            if to > from {
                found.push((at(from), at(to)));
            }
            start += 2.0 * DASH;
        }
        before += length;
    }
    found
}

/// SVG units per CSS pixel. plotters only uses whole units for positions.
const SVG_SCALE: f64 = 10.0;
/// plotters' SVG backend divides a font's size by this before writing it. Other backends do not.
const SVG_TEXT_FACTOR: f64 = 1.24;

/// The picture as SVG, with its title and a description in words.
///
/// # Errors
/// [`PaintError`] if plotters fails.
pub fn svg(picture: &Picture, theme: &Theme) -> Result<String, PaintError> {
    let measure = |text: &str, size: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "a font's size")]
        let size = size as f32;
        f64::from(measure::width(text, size))
    };
    let painting = Painting { picture, theme, scale: SVG_SCALE, chosen: None, measure: &measure };
    let (width, height) = painting.size();
    let mut text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, (width, height));
        Painter { painting, text_factor: SVG_TEXT_FACTOR, backend: &mut backend }
            .paint()
            .map_err(|error| PaintError(error.to_string()))?;
    }
    let head = format!("width=\"{width}\" height=\"{height}\"");
    let sized = format!("width=\"{}\" height=\"{}\" role=\"img\"", picture.width, picture.height);
    let words = format!(
        "<title>{}</title>\n<desc>{}</desc>",
        xml::text(&picture.title),
        xml::text(&format!("{} {}", picture.finding, picture.notes.join(" ")))
    );
    Ok(text.replacen(&head, &sized, 1).replacen('>', &format!(">\n{words}"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_run_on_around_a_corner() {
        let found = dashes(&[(0.0, 0.0), (6.0, 0.0), (6.0, 6.0)]);
        assert_eq!(found, [((0.0, 0.0), (4.0, 0.0)), ((6.0, 2.0), (6.0, 6.0))]);
    }

    #[test]
    fn whatever_a_name_holds_the_svg_is_xml() {
        let title = "<script>\u{1}&\"\u{fffe}\u{ffff}\u{9b}".to_owned();
        let text = Form::Text {
            at: (5.0, 5.0),
            text: title.clone(),
            size: 12.0,
            anchor: Anchor::Start,
            room: None,
            is_upright: false,
        };
        let shapes = vec![Shape { mark: None, ink: Ink::Text, form: text }];
        let picture = Picture { title, width: 20.0, height: 10.0, shapes, ..Picture::default() };
        let svg = svg(&picture, &Theme::LIGHT).unwrap();
        assert!(svg.starts_with("<svg width=\"20\" height=\"10\" role=\"img\" viewBox=\"0 0 200 100\""), "{svg}");
        assert!(svg.contains("<title>&lt;script&gt; &amp;\"   </title>"), "{svg}");
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.chars().all(xml::is_allowed), "{svg}");
    }
}
