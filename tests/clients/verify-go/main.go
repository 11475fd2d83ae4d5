// Checks a log by the code of Go's own checksum database (golang.org/x/mod/sumdb), which has nothing of ours in it:
// the checkpoint's signature, every tile and entry, and one tlog-proof.
//
//	verify COPY [PROOF]    COPY holds defter/
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func demand(fits bool, what string) {
	if !fits {
		check(fmt.Errorf("does not fit"), what)
	}
}

// path is C2SP's spelling of a tile: Go's own has the height in it and `data` for entries.
func path(t tlog.Tile) string {
	level := "entries"
	if t.L >= 0 {
		level = strconv.Itoa(t.L)
	}
	n := fmt.Sprintf("%03d", t.N%1000)
	for rest := t.N / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/%s", rest%1000, n)
	}
	if t.W < 256 {
		n += fmt.Sprintf(".p/%d", t.W)
	}
	return filepath.Join("defter", "tile", level, filepath.FromSlash(n))
}

// copyTiles reads tiles from a copy's directory.
type copyTiles struct{ dir string }

func (c copyTiles) Height() int { return 8 }
func (c copyTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		read, err := os.ReadFile(filepath.Join(c.dir, path(t)))
		if err != nil {
			return nil, err
		}
		all = append(all, read)
	}
	return all, nil
}
func (c copyTiles) SaveTiles([]tlog.Tile, [][]byte) {}

func open(text []byte, verifiers note.Verifiers) tlog.Tree {
	signed, err := note.Open(text, verifiers)
	check(err, "checkpoint")
	lines := strings.Split(signed.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "size")
	root, err := tlog.ParseHash(lines[2])
	check(err, "root")
	return tlog.Tree{N: size, Hash: root}
}

func main() {
	dir := os.Args[1]
	keys, err := os.ReadFile(filepath.Join(dir, "defter", "anahtar.txt"))
	check(err, "keys")
	var known []note.Verifier
	for _, line := range strings.Fields(string(keys)) {
		verifier, err := note.NewVerifier(line)
		check(err, "key")
		known = append(known, verifier)
	}
	verifiers := note.VerifierList(known...)
	text, err := os.ReadFile(filepath.Join(dir, "defter", "checkpoint"))
	check(err, "checkpoint")
	tree := open(text, verifiers)

	// Every leaf hash, authenticated against the root by Go's tile reader; every entry against its leaf hash.
	hashes := tlog.TileHashReader(tree, copyTiles{dir})
	for first := int64(0); first < tree.N; first += 256 {
		width := int(tree.N - first)
		if width > 256 {
			width = 256
		}
		var indexes []int64
		for n := first; n < first+int64(width); n++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, n))
		}
		leaves, err := hashes.ReadHashes(indexes)
		check(err, "tiles")
		bundle, err := os.ReadFile(filepath.Join(dir, path(tlog.Tile{H: 8, L: -1, N: first / 256, W: width})))
		check(err, "bundle")
		for n, leaf := range leaves {
			length := int(binary.BigEndian.Uint16(bundle))
			demand(tlog.RecordHash(bundle[2:2+length]) == leaf, fmt.Sprintf("entry %d", first+int64(n)))
			bundle = bundle[2+length:]
		}
		demand(len(bundle) == 0, "bundle")
	}
	fmt.Printf("%d entries\n", tree.N)
	if len(os.Args) < 3 {
		return
	}

	file, err := os.ReadFile(os.Args[2])
	check(err, "proof")
	head, checkpoint, _ := bytes.Cut(file, []byte("\n\n"))
	tree = open(checkpoint, verifiers)
	lines := strings.Split(string(head), "\n")
	demand(lines[0] == "c2sp.org/tlog-proof@v1", "version")
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	check(err, "extra")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	check(err, "index")
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		check(err, "hash")
		proof = append(proof, hash)
	}
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)), "proof")
	fmt.Printf("proof of entry %d\n", index)
}
