// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

// sbom writes, as CycloneDX, what one program consists of: the linked modules,
// according to the program itself, with their licences and checksums.
func sbom(j job, files []file) error {
	info, err := linked(files)
	if err != nil {
		return err
	}
	self, err := executable(files)
	if err != nil {
		return err
	}
	bom, err := j.bill(info, sha256.Sum256(self.data))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
	if err := encoder.EncodeVersion(bom, cyclonedx.SpecVersion1_6); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(j.out, j.named(".cdx.json")), out.Bytes(), 0o644)
}

func (j job) bill(info *debug.BuildInfo, sum [sha256.Size]byte) (*cyclonedx.BOM, error) {
	main := component(cyclonedx.ComponentTypeApplication, info.Main.Path, j.version.described, "Apache-2.0")
	main.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}}
	std := component(cyclonedx.ComponentTypeLibrary, "std", strings.TrimPrefix(info.GoVersion, "go"), "BSD-3-Clause")
	components, needs := []cyclonedx.Component{std}, []string{std.BOMRef}
	found, err := termsOf(info.Deps)
	if err != nil {
		return nil, err
	}
	for i, dep := range info.Deps {
		c := component(cyclonedx.ComponentTypeLibrary, dep.Path, dep.Version, found[i].id())
		if c.Hashes, err = checksum(replaced(dep).Sum); err != nil {
			return nil, err
		}
		components, needs = append(components, c), append(needs, c.BOMRef)
	}
	bom := cyclonedx.NewBOM()
	bom.SerialNumber = serial(sum)
	bom.Metadata = &cyclonedx.Metadata{Timestamp: j.time.Format("2006-01-02T15:04:05Z"), Component: &main}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: main.BOMRef, Dependencies: &needs}}
	return bom, nil
}

func component(kind cyclonedx.ComponentType, path, version, licence string) cyclonedx.Component {
	purl := "pkg:golang/" + path + "@" + version
	choice := cyclonedx.LicenseChoice{License: &cyclonedx.License{ID: licence}}
	if strings.Contains(licence, " ") {
		choice = cyclonedx.LicenseChoice{Expression: licence}
	}
	return cyclonedx.Component{
		BOMRef: purl, Type: kind, Name: path, Version: version, PackageURL: purl, Licenses: &cyclonedx.Licenses{choice},
	}
}

// checksum is a module's checksum in go.sum: SHA-256 over the list of its files.
func checksum(sum string) (*[]cyclonedx.Hash, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:"))
	if err != nil || len(raw) != sha256.Size {
		return nil, fmt.Errorf("%q is no checksum of go.sum: %w", sum, err)
	}
	return &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}, nil
}

// serial is a number that depends only on the program, different for each: a UUID of
// version 8 (RFC 9562, 5.8).
func serial(sum [sha256.Size]byte) string {
	id := sum[:16]
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
