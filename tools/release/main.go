// SPDX-License-Identifier: Apache-2.0

// Command release makes what people install from the built programs: packages,
// archives, a container image, and the list of their contents. It is a module apart
// from the product, so that the product does not depend on the libraries for it.
// `make` calls it: see docs/release.md.
//
// Its output depends on its input only: not on the clock, the host or the user. Times
// are those of the commit.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

const usage = "usage: release pack -system linux/amd64 -trees DIRECTORY -version v1.2.3 -epoch SECONDS -source DIRECTORY -out DIRECTORY\n" +
	"       release chart -version v1.2.3 -epoch SECONDS -source DIRECTORY -out DIRECTORY"

// A job is the input of all commands: the programs of one system, in one version.
type job struct {
	system  system
	program string // the program to pack
	trees   string // has a directory for each program, which `make install-NAME` has filled
	source  string // the product's source tree: changelog, packaging, docs
	out     string // directory for the results
	version version
	time    time.Time // time of the commit
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	commands := map[string]func(job) error{"pack": pack, "chart": chart}
	command := commands[args[0]]
	if command == nil {
		return errors.New(usage)
	}
	j, err := parseJob(args[1:])
	if err != nil {
		return err
	}
	if (args[0] == "pack") != (j.system.os != "" && j.trees != "") {
		return errors.New(usage)
	}
	return command(j)
}

func parseJob(args []string) (job, error) {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	system := flags.String("system", "", "operating system/architecture")
	trees := flags.String("trees", "", "installed files, in a directory for each program")
	source := flags.String("source", "", "the product's source")
	out := flags.String("out", "", "directory for results")
	described := flags.String("version", "", "what git describe says")
	epoch := flags.Int64("epoch", 0, "time of the commit in seconds since 1970")
	if err := flags.Parse(args); err != nil {
		return job{}, err
	}
	if *source == "" || *out == "" || *epoch <= 0 || flags.NArg() != 0 {
		return job{}, errors.New(usage)
	}
	j := job{trees: *trees, source: *source, out: *out, time: time.Unix(*epoch, 0).UTC()}
	var err error
	if *system != "" {
		if j.system, err = parseSystem(*system); err != nil {
			return job{}, err
		}
	}
	j.version, err = parseVersion(*described, j.time)
	return j, err
}

// product is the name of the product, and of the program that users start with.
const product = "tcpvitals"

// pack writes all packages and archives of one system, its image, and the lists of
// their contents.
func pack(j job) error {
	programs, err := os.ReadDir(j.trees)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.out, 0o755); err != nil {
		return err
	}
	var all []file
	for _, program := range programs {
		j.program = program.Name()
		files, err := j.packProgram()
		if err != nil {
			return fmt.Errorf("%s: %w", j.program, err)
		}
		all = append(all, files...)
	}
	if j.system.os != "linux" {
		return nil
	}
	j.program = product
	return image(j, all)
}

// packProgram writes all packages of one program and returns the program's files.
func (j job) packProgram() ([]file, error) {
	files, err := j.files()
	if err != nil {
		return nil, err
	}
	if j.system.os == "linux" {
		if err := packages(j, files); err != nil {
			return nil, err
		}
	}
	if err := sbom(j, files); err != nil {
		return nil, err
	}
	return files, archive(j, files)
}

// named is the name of a file whose format has no naming convention.
func (j job) named(ext string) string { return j.root() + ext }

// docDir is the directory of the program's documentation.
func (j job) docDir() string { return "share/doc/" + j.program + "/" }

// root is the beginning of the names of archives, and of the paths in them.
func (j job) root() string {
	return strings.Join([]string{j.program, j.version.described, j.system.os, j.system.arch}, "-")
}
