// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/apk" // each format registers itself with nfpm
	_ "github.com/goreleaser/nfpm/v2/deb"
	nfpmfiles "github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// buildHost is the host name that packages contain in place of the machine's.
const buildHost = "reproducible"

// packages writes deb, rpm and apk, as nfpm.yaml in packaging/PROGRAM describes them.
func packages(j job, files []file) error {
	for _, format := range []string{"deb", "rpm", "apk"} {
		if err := j.makePackage(format, files); err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
	}
	return nil
}

func (j job) makePackage(format string, files []file) error {
	info, err := j.info(format)
	if err != nil {
		return err
	}
	placed, err := j.placed(format, info.Maintainer, files)
	if err != nil {
		return err
	}
	staged, err := os.MkdirTemp("", j.program+"-"+format+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staged) //nolint:errcheck // a temporary directory of our own
	if info.Contents, err = j.contents(staged, placed); err != nil {
		return err
	}
	for i, script := range []*string{&info.Scripts.PostInstall, &info.Scripts.PreRemove, &info.Scripts.PostRemove} {
		if *script, err = j.script(filepath.Join(staged, fmt.Sprintf("script%d", i)), *script); err != nil {
			return err
		}
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	info = nfpm.WithDefaults(info)
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := packager.Package(info, &out); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(j.out, packager.ConventionalFileName(info)), out.Bytes(), 0o644)
}

// about is the path of a file in the packaging directory of the program.
func (j job) about(name string) string { return filepath.Join(j.source, "packaging", j.program, name) }

// info is the content of the program's nfpm.yaml, with this version and architecture.
func (j job) info(format string) (*nfpm.Info, error) {
	config, err := nfpm.ParseFileWithEnvMapping(j.about("nfpm.yaml"), func(name string) string {
		return map[string]string{"ARCH": j.system.arch}[name]
	})
	if err != nil {
		return nil, err
	}
	info, err := config.Get(format)
	if err != nil {
		return nil, err
	}
	switch format { // nfpm.yaml has the description in Debian's form
	case "rpm":
		info.Description = strings.ReplaceAll(info.Description, "\n.\n", "\n\n")
	case "apk":
		info.Description, _, _ = strings.Cut(info.Description, "\n")
	}
	info.MTime, info.RPM.BuildHost = j.time, buildHost
	info.VersionSchema, info.Prerelease, info.VersionMetadata = "none", "", "" // the version is already complete
	info.Version, info.Release = j.version.debian(), "1"
	if format == "apk" {
		info.Version, info.Release = j.version.alpine(), "0"
	}
	return info, nil
}

// script copies a script of packaging/, if it exists, so that its time and mode are
// fixed: apk packs these too, and in a working tree they depend on the user.
func (j job) script(staged, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	text, err := os.ReadFile(j.about(name))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(staged, text, 0o600); err != nil {
		return "", err
	}
	if err := os.Chmod(staged, 0o755); err != nil {
		return "", err
	}
	return staged, os.Chtimes(staged, j.time, j.time)
}

// placed gives the files the paths that the format's distributions require.
func (j job) placed(format, maintainer string, files []file) ([]file, error) {
	var all []file
	for _, f := range files {
		if !strings.HasPrefix(f.name, "etc/") {
			f.name = "usr/" + f.name
		}
		if strings.HasPrefix(f.name, "usr/share/man/") {
			data, err := compressed(f.data)
			if err != nil {
				return nil, err
			}
			f.name, f.data = f.name+".gz", data
		}
		all = append(all, f)
	}
	if format != "deb" {
		return all, nil
	}
	return j.debian(maintainer, all)
}

// debian moves files to where Debian's policy requires them.
func (j job) debian(maintainer string, files []file) ([]file, error) {
	doc := "usr/" + j.docDir()
	var err error
	for i, f := range files {
		switch f.name {
		case doc + "CHANGELOG.md":
			files[i].name = doc + "changelog.gz"
			files[i].data, err = compressed(f.data)
		case "usr/share/zsh/site-functions/_tcpvitals": // Debian's zsh looks there only below /usr/local
			files[i].name = "usr/share/zsh/vendor-completions/_tcpvitals"
		}
		if err != nil {
			return nil, err
		}
	}
	entry := fmt.Sprintf("%s (%s-1) unstable; urgency=medium\n\n  * New version. What has changed: changelog.gz beside this file.\n\n -- %s  %s\n",
		j.program, j.version.debian(), maintainer, j.time.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	changes, err := compressed([]byte(entry))
	if err != nil {
		return nil, err
	}
	overrides, err := os.ReadFile(j.about("lintian-overrides"))
	if err != nil {
		return nil, err
	}
	return byName(append(files,
		file{doc + "changelog.Debian.gz", 0o644, changes},
		file{"usr/share/lintian/overrides/" + j.program, 0o644, overrides})), nil
}

// contents writes the files where nfpm reads them. It lists our own directories, so
// that they are removed with the package, but not those of the system.
func (j job) contents(staged string, placed []file) (nfpmfiles.Contents, error) {
	var all nfpmfiles.Contents
	owner := func() *nfpmfiles.ContentFileInfo {
		return &nfpmfiles.ContentFileInfo{Owner: "root", Group: "root", MTime: j.time}
	}
	ours := map[string]bool{}
	for i, f := range placed {
		name := filepath.Join(staged, fmt.Sprint(i))
		if err := os.WriteFile(name, f.data, 0o600); err != nil {
			return nil, err
		}
		about := owner()
		about.Mode = f.mode
		content := &nfpmfiles.Content{Source: name, Destination: "/" + f.name, FileInfo: about}
		if strings.HasPrefix(f.name, "etc/") { // settings that a user has changed are kept
			content.Type = nfpmfiles.TypeConfigNoReplace
		}
		all = append(all, content)
		for dir := filepath.Dir(f.name); strings.HasPrefix(dir+"/", "usr/"+j.docDir()) || dir == "etc/"+product; dir = filepath.Dir(dir) {
			ours[dir] = true
		}
	}
	for dir := range ours {
		about := owner()
		about.Mode = 0o755
		all = append(all, &nfpmfiles.Content{Destination: "/" + dir, Type: nfpmfiles.TypeDir, FileInfo: about})
	}
	return all, nil
}
