//! The meaning of pointers: presses, boxes, and grips that move and stretch what is shown.
//!
//! Pointers that go down, move and go up come in, with their positions in CSS pixels; what is meant goes out.
//! It knows neither axes nor a browser.

/// A position on the plot, in CSS pixels from its upper left corner.
pub type Place = (f64, f64);

/// Two fingers are never taken to be closer: what is between them would be stretched without end.
const FINGERS_APART_MIN: f64 = 24.0;

/// The effect of dragging.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drag {
    /// Draws a box around objects.
    #[default]
    Select,
    /// Moves what is shown.
    Move,
}

/// The input of a pointer, which its number names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// It is pressed. What it moves less than `slack` is no drag.
    Down {
        /// The pointer.
        pointer: i32,
        /// Where.
        at: Place,
        /// The effect of dragging it.
        drag: Drag,
        /// In pixels: a finger is less steady than a mouse.
        slack: f64,
    },
    /// It moves while it is pressed.
    Move {
        /// The pointer.
        pointer: i32,
        /// Where to.
        at: Place,
    },
    /// It is let go.
    Up {
        /// The pointer.
        pointer: i32,
    },
    /// The browser, or Escape, took it away: what it began is undone.
    Lost,
}

/// The plot is held at one position and taken to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grip {
    /// Its own number: with another one, `from` speaks of what is shown by then.
    pub number: u32,
    /// Where it was taken hold of.
    pub from: Place,
    /// Where that lies now.
    pub to: Place,
    /// How many times as large it is.
    pub factor: f64,
}

/// The meaning of a gesture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// A press at a position.
    Press(Place),
    /// A box is being drawn between two corners.
    Boxing(Place, Place),
    /// It is drawn.
    Boxed(Place, Place),
    /// The plot is moved and stretched.
    Gripping(Grip),
    /// It stays as it is.
    Gripped,
    /// The plot is as before the gesture.
    Undone,
}

/// The gesture under way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Idle,
    /// A pointer is down, and may still be a press.
    Down { pointer: i32, from: Place, drag: Drag, slack: f64 },
    /// It draws a box.
    Boxing { pointer: i32, from: Place, to: Place },
    /// It moves what is shown.
    Moving { pointer: i32, from: Place },
    /// Two fingers, where they began and where they are.
    Pinching { pointers: [i32; 2], from: [Place; 2], to: [Place; 2] },
    /// The gesture is over; the pointers that are still down mean nothing more.
    Spent,
}

/// The pointers on a plot, and their gesture.
#[derive(Clone, Debug, Default)]
pub struct Gesture {
    state: State,
    down: Vec<i32>,
    grips: u32,
}

impl Gesture {
    /// Something is going on that is more than a press.
    pub fn is_under_way(&self) -> bool {
        !matches!(self.state, State::Idle | State::Down { .. } | State::Spent)
    }

    /// Pointers are down.
    pub fn has_pointers(&self) -> bool {
        !self.down.is_empty()
    }

    /// Takes in a pointer's input.
    pub fn take(&mut self, input: Input) -> Option<Meaning> {
        match input {
            Input::Down { pointer, at, drag, slack } => self.press(pointer, at, drag, slack),
            Input::Move { pointer, at } => self.drag(pointer, at),
            Input::Up { pointer } => self.release(pointer),
            Input::Lost => {
                self.down.clear();
                let had_begun = self.is_under_way();
                self.state = State::Idle;
                had_begun.then_some(Meaning::Undone)
            }
        }
    }

    fn press(&mut self, pointer: i32, at: Place, drag: Drag, slack: f64) -> Option<Meaning> {
        self.down.retain(|known| *known != pointer);
        self.down.push(pointer);
        let (state, meaning) = match self.state {
            State::Idle => (State::Down { pointer, from: at, drag, slack }, None),
            State::Down { pointer: first, from, .. } => (self.pinch([first, pointer], [from, at]), None),
            State::Boxing { pointer: first, to, .. } => {
                (self.pinch([first, pointer], [to, at]), Some(Meaning::Undone))
            }
            // The position of the first finger is unknown until it moves again.
            State::Moving { .. } | State::Pinching { .. } => (State::Spent, Some(Meaning::Gripped)),
            State::Spent => (State::Spent, None),
        };
        self.state = state;
        meaning
    }

    fn pinch(&mut self, pointers: [i32; 2], from: [Place; 2]) -> State {
        self.grips += 1;
        State::Pinching { pointers, from, to: from }
    }

    fn drag(&mut self, moved: i32, at: Place) -> Option<Meaning> {
        match &mut self.state {
            State::Down { pointer, from, drag, slack } if *pointer == moved => {
                if distance(*from, at) < *slack {
                    return None;
                }
                let (pointer, from) = (*pointer, *from);
                self.state = match *drag {
                    Drag::Select => State::Boxing { pointer, from, to: at },
                    Drag::Move => State::Moving { pointer, from },
                };
                self.grips += 1;
                self.drag(moved, at)
            }
            State::Boxing { pointer, from, to } if *pointer == moved => {
                *to = at;
                Some(Meaning::Boxing(*from, at))
            }
            State::Moving { pointer, from } if *pointer == moved => {
                Some(Meaning::Gripping(Grip { number: self.grips, from: *from, to: at, factor: 1.0 }))
            }
            State::Pinching { pointers, from, to } => {
                let finger = pointers.iter().position(|pointer| *pointer == moved)?;
                to[finger] = at;
                let apart = |[one, other]: [Place; 2]| distance(one, other).max(FINGERS_APART_MIN);
                let factor = apart(*to) / apart(*from);
                Some(Meaning::Gripping(Grip {
                    number: self.grips,
                    from: between(*from),
                    to: between(*to),
                    factor,
                }))
            }
            State::Idle | State::Down { .. } | State::Boxing { .. } | State::Moving { .. } | State::Spent => {
                None
            }
        }
    }

    fn release(&mut self, released: i32) -> Option<Meaning> {
        self.down.retain(|known| *known != released);
        let meaning = match self.state {
            State::Down { from, .. } => Some(Meaning::Press(from)),
            State::Boxing { from, to, .. } => Some(Meaning::Boxed(from, to)),
            State::Moving { .. } | State::Pinching { .. } => Some(Meaning::Gripped),
            State::Idle | State::Spent => None,
        };
        self.state = if self.down.is_empty() { State::Idle } else { State::Spent };
        meaning
    }
}

fn distance(one: Place, other: Place) -> f64 {
    (one.0 - other.0).hypot(one.1 - other.1)
}

fn between([one, other]: [Place; 2]) -> Place {
    (f64::midpoint(one.0, other.0), f64::midpoint(one.1, other.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(pointer: i32, x: f64, y: f64, drag: Drag) -> Input {
        Input::Down { pointer, at: (x, y), drag, slack: 4.0 }
    }

    fn to(pointer: i32, x: f64, y: f64) -> Input {
        Input::Move { pointer, at: (x, y) }
    }

    fn up(pointer: i32) -> Input {
        Input::Up { pointer }
    }

    fn grip(number: u32, from: Place, to: Place, factor: f64) -> Option<Meaning> {
        Some(Meaning::Gripping(Grip { number, from, to, factor }))
    }

    #[track_caller]
    fn check(inputs: &[Input], expected: &[Option<Meaning>]) {
        let mut gesture = Gesture::default();
        let meant: Vec<_> = inputs.iter().map(|input| gesture.take(*input)).collect();
        assert_eq!(meant, expected);
        if inputs.iter().filter(|input| matches!(input, Input::Down { .. })).count()
            == inputs.iter().filter(|input| matches!(input, Input::Up { .. })).count()
        {
            assert_eq!(gesture.state, State::Idle, "nothing is left over");
        }
    }

    #[test]
    fn what_hardly_moves_is_a_press() {
        let inputs = [down(1, 10.0, 10.0, Drag::Select), to(1, 12.0, 12.0), up(1)];
        check(&inputs, &[None, None, Some(Meaning::Press((10.0, 10.0)))]);
        check(&[to(1, 5.0, 5.0), up(1)], &[None, None]);
    }

    #[test]
    fn a_drag_draws_a_box_or_moves() {
        let drag =
            |drag| [down(1, 10.0, 10.0, drag), to(1, 30.0, 40.0), to(2, 0.0, 0.0), to(1, 50.0, 5.0), up(1)];
        let (from, first, last) = ((10.0, 10.0), (30.0, 40.0), (50.0, 5.0));
        check(
            &drag(Drag::Select),
            &[
                None,
                Some(Meaning::Boxing(from, first)),
                None,
                Some(Meaning::Boxing(from, last)),
                Some(Meaning::Boxed(from, last)),
            ],
        );
        check(
            &drag(Drag::Move),
            &[None, grip(1, from, first, 1.0), None, grip(1, from, last, 1.0), Some(Meaning::Gripped)],
        );
    }

    #[test]
    fn two_fingers_stretch_and_move() {
        let inputs = [
            down(1, 100.0, 100.0, Drag::Select),
            down(2, 200.0, 100.0, Drag::Select),
            to(2, 300.0, 100.0),
            to(1, 100.0, 200.0),
            up(1),
            to(2, 0.0, 0.0),
            up(2),
        ];
        let grown = 200f64.hypot(100.0) / 100.0;
        check(
            &inputs,
            &[
                None,
                None,
                grip(1, (150.0, 100.0), (200.0, 100.0), 2.0),
                grip(1, (150.0, 100.0), (200.0, 150.0), grown),
                Some(Meaning::Gripped),
                None,
                None,
            ],
        );
    }

    #[test]
    fn fingers_that_meet_do_not_stretch_without_end() {
        let inputs =
            [down(1, 0.0, 0.0, Drag::Move), down(2, 0.0, 0.0, Drag::Move), to(2, 48.0, 0.0), to(2, 0.0, 0.0)];
        let expected =
            [None, None, grip(1, (0.0, 0.0), (24.0, 0.0), 2.0), grip(1, (0.0, 0.0), (0.0, 0.0), 1.0)];
        check(&inputs, &expected);
    }

    #[test]
    fn a_second_finger_makes_a_pinch_of_a_box() {
        let inputs = [
            down(1, 0.0, 0.0, Drag::Select),
            to(1, 100.0, 0.0),
            down(2, 200.0, 0.0, Drag::Select),
            to(2, 300.0, 0.0),
            up(2),
            up(1),
        ];
        check(
            &inputs,
            &[
                None,
                Some(Meaning::Boxing((0.0, 0.0), (100.0, 0.0))),
                Some(Meaning::Undone),
                grip(2, (150.0, 0.0), (200.0, 0.0), 2.0),
                Some(Meaning::Gripped),
                None,
            ],
        );
    }

    #[test]
    fn a_third_finger_ends_what_two_have_begun() {
        let inputs = [
            down(1, 0.0, 0.0, Drag::Move),
            down(2, 100.0, 0.0, Drag::Move),
            down(3, 50.0, 50.0, Drag::Move),
            to(1, 9.0, 9.0),
            up(1),
            up(2),
            up(3),
        ];
        check(&inputs, &[None, None, Some(Meaning::Gripped), None, None, None, None]);
    }

    #[test]
    fn what_is_taken_away_is_undone() {
        let begun = [down(1, 0.0, 0.0, Drag::Move), to(1, 9.0, 9.0), Input::Lost, up(1)];
        check(&begun, &[None, grip(1, (0.0, 0.0), (9.0, 9.0), 1.0), Some(Meaning::Undone), None]);
        check(&[down(1, 0.0, 0.0, Drag::Move), Input::Lost, up(1)], &[None, None, None]);
    }
}
