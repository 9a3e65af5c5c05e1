//! Text from outside as people read it: characters that a screen would obey or hide are spelt out.

/// The text with its control, direction and invisible characters spelt out, such as `\u{202e}`; all others stay.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || is_invisible(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Whether a character leaves no mark of its own: those of Unicode's property `Default_Ignorable_Code_Point`,
/// which reverse text, join it or fill it, and separators that break a line.
pub fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(printable(text), expected);
        assert_eq!(printable(expected), expected, "what is printable stays as it is");
    }

    #[test]
    fn what_a_screen_obeys_is_spelt_out() {
        check("a\nb\tc\r", "a\\nb\\tc\\r");
        check("\u{1b}[31m\u{7}\u{8}\0", "\\u{1b}[31m\\u{7}\\u{8}\\u{0}");
        check("\u{7f}\u{9b}31m\u{85}", "\\u{7f}\\u{9b}31m\\u{85}");
    }

    #[test]
    fn what_turns_text_round_is_spelt_out() {
        for letter in ["\u{202a}", "\u{202e}", "\u{2066}", "\u{2069}", "\u{200e}", "\u{200f}", "\u{61c}"] {
            check(&format!("a{letter}b"), &format!("a{}b", letter.escape_default()));
        }
    }

    #[test]
    fn what_hides_is_spelt_out() {
        check("a\u{200b}b\u{200d}c\u{feff}", "a\\u{200b}b\\u{200d}c\\u{feff}");
        check("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}");
        check("\u{ad}\u{2060}\u{3164}\u{fe0f}\u{e0041}", "\\u{ad}\\u{2060}\\u{3164}\\u{fe0f}\\u{e0041}");
    }

    #[test]
    fn every_script_stays_as_it_is() {
        check("naïve 日本語 🦀 żółw عربي עברית <b> \\ \"", "naïve 日本語 🦀 żółw عربي עברית <b> \\ \"");
        check("cafe\u{301}", "cafe\u{301}");
    }
}
