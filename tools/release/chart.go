// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// chart writes the Helm chart as helm package does, with the version of the
// release, and the image of that version.
func chart(j job) error {
	files, err := j.chartFiles()
	if err != nil {
		return err
	}
	data, err := writeTar(j, product, files)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(j.out, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(j.out, product+"-chart-"+j.version.chart()+".tgz"), data, 0o644)
}

var (
	chartVersion = regexp.MustCompile(`(?m)^version: .*$`)
	imageVersion = regexp.MustCompile(`(?m)^appVersion: .*$`)
)

// chartFiles are what is in packaging/chart, but for the values files of its tests.
func (j job) chartFiles() ([]file, error) {
	top := filepath.Join(j.source, "packaging", "chart")
	var all []file
	for _, pattern := range []string{"*.yaml", "templates/*"} {
		names, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			rel, err := filepath.Rel(top, name)
			if err != nil {
				return nil, err
			}
			all = append(all, file{filepath.ToSlash(rel), 0o644, data})
		}
	}
	for i, f := range all {
		if f.name != "Chart.yaml" {
			continue
		}
		if !chartVersion.Match(f.data) || !imageVersion.Match(f.data) {
			return nil, fmt.Errorf("%s: no version and appVersion", f.name)
		}
		text := chartVersion.ReplaceAll(f.data, []byte("version: "+j.version.chart()))
		all[i].data = imageVersion.ReplaceAll(text, []byte(`appVersion: "`+j.version.tag()+`"`))
		return byName(all), nil
	}
	return nil, fmt.Errorf("%s: no Chart.yaml", top)
}

// tag is the version as the tag of an image.
func (v version) tag() string {
	return strings.ReplaceAll(strings.TrimPrefix(v.described, "v"), "+", "-")
}

// chart is the version as Helm wants it, by semver.org: where there is no tag it
// comes before all.
func (v version) chart() string {
	if tagged, ok := strings.CutPrefix(v.described, "v"); ok {
		return tagged
	}
	return "0.0.0-g" + v.described
}
