//! The contracts on the memory backend.

mod contract;
mod support;

contract::suite!(store, durastate::backends::memory::Memory::new);
contract::suite!(results, durastate::backends::memory::Memory::new);
contract::suite!(expiry, durastate::backends::memory::Memory::new);
contract::suite!(jobs, durastate::backends::memory::Memory::new);
contract::suite!(key_value, durastate::backends::memory::Memory::new);
contract::suite!(persistence, durastate::backends::memory::Memory::new);
contract::suite!(persistence_times, durastate::backends::memory::Memory::new);
contract::suite!(cache, durastate::backends::memory::Memory::new);
