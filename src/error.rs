//! One error with few kinds: a kind tells the caller what may be done next.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::future::Shared;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the caller of a failed operation may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody else was faster, again and again: try later.
    Conflict,
    /// What is stored is not what this program writes: repair or remove it.
    Corrupt,
    /// The input can never work: mend it.
    Invalid,
    /// The lease behind a guard is gone: somebody else may be at work.
    Lost,
    /// The host could not be reached and certainly did nothing: try again.
    Unavailable,
    /// The host may or may not have acted: only an idempotent step may be tried again.
    Unknown,
    /// This host can not do that at all: choose another.
    Unsupported,
}

/// Something that broke, with what was being done, on which key, and the host's own error.
#[derive(Clone, Debug)]
pub struct Error {
    /// What the caller may do next.
    pub kind: Kind,
    /// One sentence for people; it never shows a stored value or a secret.
    pub message: Cow<'static, str>,
    /// The key that was being worked on, where there is one.
    pub key: Option<String>,
    /// The error of the host, as the host gave it.
    pub cause: Option<Cause>,
}

impl Error {
    /// An error of this kind, in one sentence.
    pub fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), key: None, cause: None }
    }

    /// The same error, naming the key.
    pub fn on(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same error, carrying what the host said.
    pub fn because(mut self, cause: impl HostError) -> Self {
        self.cause = Some(Cause::new(cause));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{} (key {key:?})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {}

/// Anything that a host uses as an error: an I/O error, a driver's error, a JavaScript value.
pub trait HostError: Any + fmt::Debug + Shared {}

impl<T: Any + fmt::Debug + Shared> HostError for T {}

/// A host's own error, carried unseen from the host to the caller.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn HostError>);

impl Cause {
    /// Something that the host uses as an error.
    pub fn new(error: impl HostError) -> Self {
        Self(Arc::new(error))
    }

    /// The host's error, if it is of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        (&*self.0 as &dyn Any).downcast_ref()
    }
}
