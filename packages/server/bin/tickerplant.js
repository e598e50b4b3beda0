#!/usr/bin/env node
// Stands beside the build, so that a package manager can link it before there is one.
import "../dist/cli/main.js";
