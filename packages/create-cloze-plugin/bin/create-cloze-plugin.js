#!/usr/bin/env node
// Committed, and not built, so that `npm install` finds it and links it.
import "../dist/main.js";
