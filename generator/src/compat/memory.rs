//! What is made of a text more than once: compiled patterns and automata, kept by each thread.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Texts that are kept. A comparison of ordinary schemas has fewer.
const MOST: usize = 32;

/// What was made of texts.
pub(super) struct Memory<T>(RefCell<HashMap<String, Option<Rc<T>>>>);

impl<T> Memory<T> {
    pub(super) fn new() -> Self {
        Self(RefCell::new(HashMap::new()))
    }

    /// What `make` makes of `text`, or once made of it.
    pub(super) fn get(&self, text: &str, make: impl FnOnce() -> Option<T>) -> Option<Rc<T>> {
        if let Some(made) = self.0.borrow().get(text) {
            return made.clone();
        }
        let made = make().map(Rc::new);
        let mut known = self.0.borrow_mut();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(text.to_owned(), made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Memory};

    #[test]
    fn nothing_is_made_twice_and_not_everything_is_kept() {
        let memory = Memory::new();
        assert_eq!(memory.get("a", || Some(1)).as_deref(), Some(&1));
        assert_eq!(memory.get("a", || None).as_deref(), Some(&1));
        assert_eq!(memory.get("b", || None), None);
        assert_eq!(memory.get("b", || Some(2)), None);
        for number in 0..MOST {
            memory.get(&number.to_string(), || Some(number));
        }
        assert_eq!(memory.get("a", || Some(3)).as_deref(), Some(&3));
    }
}
