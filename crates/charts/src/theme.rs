//! Colours of a chart, by their purpose.

use plotters::style::RGBColor;

use super::picture::Ink;

/// Colours for one of the page's two themes.
///
/// The series' colours are Okabe and Ito's, which people with any colour vision can distinguish. Each has a contrast of
/// 3:1 or more on its theme's background (`tests/charts.rs` computes it). After the fourth series, the symbol makes the
/// difference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Theme {
    pub background: RGBColor,
    /// Names and numbers.
    pub text: RGBColor,
    /// Numbers of axes.
    pub quiet_text: RGBColor,
    /// Grid lines. They are decoration, so there is no minimum contrast for them.
    pub grid: RGBColor,
    /// Marks of series.
    pub series: [RGBColor; 4],
    /// The mark that is open.
    pub chosen: RGBColor,
    /// A heat map's colours from zero to the highest value: one hue, starting near the background.
    pub heat: [RGBColor; 3],
}

const BLACK: RGBColor = RGBColor(0, 0, 0);
const WHITE: RGBColor = RGBColor(255, 255, 255);

impl Theme {
    /// Dark on a light background.
    pub const LIGHT: Self = Self {
        background: WHITE,
        text: RGBColor(27, 31, 36),
        quiet_text: RGBColor(89, 99, 110),
        grid: RGBColor(226, 230, 234),
        series: [RGBColor(0, 114, 178), RGBColor(213, 94, 0), RGBColor(0, 158, 115), RGBColor(204, 121, 167)],
        chosen: RGBColor(213, 94, 0),
        heat: [RGBColor(239, 245, 250), RGBColor(94, 163, 208), RGBColor(0, 66, 112)],
    };

    /// Light on a dark background.
    pub const DARK: Self = Self {
        background: RGBColor(18, 18, 18),
        text: RGBColor(236, 236, 236),
        quiet_text: RGBColor(168, 174, 180),
        grid: RGBColor(52, 55, 59),
        series: [RGBColor(74, 163, 219), RGBColor(240, 132, 48), RGBColor(45, 190, 148), RGBColor(221, 150, 190)],
        chosen: RGBColor(240, 132, 48),
        heat: [RGBColor(28, 36, 43), RGBColor(28, 108, 158), RGBColor(142, 208, 247)],
    };

    /// The colour of an ink.
    #[must_use]
    pub fn colour(&self, ink: Ink) -> RGBColor {
        match ink {
            Ink::Background => self.background,
            Ink::Text => self.text,
            Ink::Quiet => self.quiet_text,
            Ink::Grid => self.grid,
            Ink::Series(number) => self.series[usize::from(number) % self.series.len()],
            Ink::Chosen => self.chosen,
            Ink::Heat(share) => self.heat_at(share),
            // The better of black and white has a contrast of 4.58:1 or more on any colour.
            Ink::OnHeat(share) => {
                let behind = self.heat_at(share);
                if contrast(BLACK, behind) >= contrast(WHITE, behind) { BLACK } else { WHITE }
            }
        }
    }

    fn heat_at(&self, share: f32) -> RGBColor {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let [low, middle, high] = self.heat;
        if share < 0.5 { between(low, middle, share * 2.0) } else { between(middle, high, share.mul_add(2.0, -1.0)) }
    }
}

fn between(from: RGBColor, to: RGBColor, share: f32) -> RGBColor {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
    let mix = |a: u8, b: u8| (f32::from(b) - f32::from(a)).mul_add(share, f32::from(a)).round() as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Contrast of two colours by WCAG 2.2: 1 to 21.
#[must_use]
pub fn contrast(a: RGBColor, b: RGBColor) -> f64 {
    let luminance = |colour: RGBColor| {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
    };
    let (x, y) = (luminance(a), luminance(b));
    (x.max(y) + 0.05) / (x.min(y) + 0.05)
}
