// Set up before every test file. By itself fast-check draws lists of at most ten or so, whatever
// `maxLength` says: rings that wrap after 16 and heaps that go wrong at the third level stay unseen.
// Whoever names a maximum means it.
import fc from "fast-check";

fc.configureGlobal({ ...fc.readConfigureGlobal(), defaultSizeToMaxWhenMaxSpecified: true });
