#lang racket/base
;; The CURVE keys of an engine, without which nothing is said over a network: read from its key file,
;; NAME.key_secret, and from agent.key beside it, the agent's public key. `python -m architecto keys`
;; makes both; they are ZeroMQ certificate files.

(provide
 (struct-out keys)
 read-keys)

;; Keys are 40 characters each: the agent's public key, and the engine's own pair.
(struct keys (agent public secret))

;; read-keys : path-string (string -> none) -> keys
;; Calls fail with one line for a person if a file cannot be used.
(define (read-keys file fail)
  (define-values (folder _name _dir?) (split-path (path->complete-path file)))
  (define agent-file (build-path folder "agent.key"))
  (define (read-key file name)
    (define text (if (file-exists? file) (call-with-input-file file read-start) #""))
    (define found
      (regexp-match (byte-pregexp (bytes-append #"(?m:^\\s*" name #"\\s*=\\s*\"([^\"]{40})\")"))
                    text))
    (unless found
      (fail (format "no ~a in ~a: make keys with `python -m architecto keys FOLDER`" name file)))
    (cadr found))
  (define own (read-key file #"public-key"))
  (define secret (read-key file #"secret-key"))
  (unless (zero? (bitwise-and #o077 (file-or-directory-permissions file 'bits)))
    (fail (format "others may read ~a: chmod 600 it" file)))
  (keys (read-key agent-file #"public-key") own secret))

;; The start of a file; a key file is short.
(define (read-start in)
  (define start (read-bytes 4096 in))
  (if (eof-object? start) #"" start))
