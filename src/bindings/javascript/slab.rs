//! Places with numbers. A number is never given out twice, so what comes late for one that is gone finds nothing.

/// How many places there can be at once: a number is `generation * PLACES + place`, exact in a JavaScript number.
const PLACES: u64 = 1 << 21;

/// A number of a slab.
pub(crate) type Number = u64;

/// Things under numbers.
pub(crate) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<usize>,
}

struct Place<T> {
    generation: u64,
    thing: Option<T>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Keeps a thing and gives its number.
    pub(crate) fn insert(&mut self, thing: T) -> Number {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { generation: 0, thing: None });
            self.places.len() - 1
        });
        let at = &mut self.places[place];
        at.generation += 1;
        at.thing = Some(thing);
        at.generation * PLACES + place as u64
    }

    /// The thing under a number, if it is still there.
    pub(crate) fn get_mut(&mut self, number: Number) -> Option<&mut T> {
        let place = self.places.get_mut((number % PLACES) as usize)?;
        place.thing.as_mut().filter(|_| place.generation == number / PLACES)
    }

    /// Takes the thing under a number out.
    pub(crate) fn remove(&mut self, number: Number) -> Option<T> {
        self.get_mut(number)?;
        let place = (number % PLACES) as usize;
        self.free.push(place);
        self.places[place].thing.take()
    }

    /// All things, with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Number, &T)> {
        let numbered = self.places.iter().enumerate();
        numbered.filter_map(|(at, place)| Some((place.generation * PLACES + at as u64, place.thing.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::Slab;

    #[test]
    fn a_number_is_never_given_out_twice() {
        let mut slab = Slab::default();
        let (first, other) = (slab.insert("first"), slab.insert("other"));
        assert_eq!(slab.remove(first), Some("first"));
        let second = slab.insert("second");
        assert_ne!(first, second);
        assert_eq!(slab.get_mut(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.iter().collect::<Vec<_>>(), [(second, &"second"), (other, &"other")]);
    }

    #[test]
    fn numbers_that_were_never_given_find_nothing() {
        let mut slab = Slab::from_iter([1]);
        for number in [0, 7, u64::MAX] {
            assert_eq!(slab.get_mut(number), None);
        }
    }

    impl<T> FromIterator<T> for Slab<T> {
        fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
            let mut slab = Self::default();
            for thing in things {
                slab.insert(thing);
            }
            slab
        }
    }
}
