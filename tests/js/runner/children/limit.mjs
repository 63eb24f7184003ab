// A process that does not end when it should must not stay behind when its test is gone. This holds nothing itself.
setTimeout(() => process.exit(9), 60_000).unref();
