// SPDX-License-Identifier: Apache-2.0

// Command site makes the documentation site of docs/: static pages in English and
// Chinese with a search, which ask no other host for anything.
//
//	go run ./internal/site OUTPUT
//
// A page of docs is a page of the site. One without a twin in Chinese is shown
// on the Chinese side as it is, and says that it is in English only. What leads
// through the site is docs/index.md.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: site OUTPUT")
		os.Exit(2)
	}
	files, err := build(os.DirFS("docs"))
	if err == nil {
		err = errors.Join(check(files, os.DirFS("."))...)
	}
	if err == nil {
		err = write(os.Args[1], files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: %s\n", os.Args[1], summary(files))
}

// summary says how much there is.
func summary(files map[string][]byte) string {
	pages, links, size := 0, 0, 0
	for name, text := range files {
		size += len(text)
		if path.Ext(name) == ".html" {
			pages++
			links += len(reference.FindAll(text, -1))
		}
	}
	return fmt.Sprintf("%d pages, %d files, %d KiB, %d links", pages, len(files), size>>10, links)
}

// write puts the files below a directory, which it makes.
func write(dir string, files map[string][]byte) error {
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// build makes every file of the site of the pages and pictures in docs.
func build(docs fs.FS) (map[string][]byte, error) {
	pages, err := readPages(docs)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if err := addAssets(files, docs); err != nil {
		return nil, err
	}
	for _, lang := range languages() {
		if err := addLanguage(files, pages, lang); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// addLanguage adds the pages of one side, and what its search looks through.
func addLanguage(files map[string][]byte, pages []page, lang string) error {
	menu, err := menuOf(pages, lang)
	if err != nil {
		return err
	}
	both := inBoth(pages)
	var found []section
	for i := range pages {
		doc, err := render(&pages[i], lang, both)
		if err != nil {
			return fmt.Errorf("%s: %w", pages[i].name, err)
		}
		text, err := lay(doc, menu)
		if err != nil {
			return fmt.Errorf("%s: %w", pages[i].name, err)
		}
		files[doc.url] = text
		found = append(found, doc.sections...)
	}
	index, err := searchIndex(found)
	files["search."+lang+".js"] = index
	return err
}
