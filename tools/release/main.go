// SPDX-License-Identifier: Apache-2.0

// Command release makes what people install out of what was built: packages,
// archives, a container image, the list of what is inside. It is apart from the
// product, so that the product does not carry the libraries for it, and `make`
// calls it: see docs/release.md.
//
// What it writes depends on its input and on nothing else: no clock, no host, no
// user. Times are those of the commit.
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

// A job is what all commands are about: one system's programs, as one version.
type job struct {
	system  system
	program string // that is packed
	trees   string // for each program a directory of its name, which `make install-NAME` has filled
	source  string // the product's source: changelog, packaging, docs
	out     string // where results go
	version version
	time    time.Time // of the commit
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

// product is the name of what all programs are of, and of the one that people begin with.
const product = "tcpvitals"

// pack writes every package and archive of one system, its image, and what is in it.
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

// packProgram writes what there is of one program, and returns its files.
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

// named is the name of a file that no packager has a custom for.
func (j job) named(ext string) string { return j.root() + ext }

// docDir is where there is something to read of the program.
func (j job) docDir() string { return "share/doc/" + j.program + "/" }

// root is how archives and what is in them begin.
func (j job) root() string {
	return strings.Join([]string{j.program, j.version.described, j.system.os, j.system.arch}, "-")
}
