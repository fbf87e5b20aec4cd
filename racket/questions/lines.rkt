#lang racket/base
;; Architectures in, lines out, and the exit status.

(require racket/string "../networks/search.rkt" "../networks/text.rkt" "options.rkt")
(provide say for-each-architecture worse! exit-status text-of answer-text shorten new-texts)

(define (say text) (write-string text) (newline))

(define longest-line (* 1024 1024))

;; Calls (answer ARCHITECTURE LINE) for each line of FILE or standard input that is not empty; one
;; that cannot be read prints `error: …`.
(define (for-each-architecture others answer #:holes? [holes? #f])
  (unless (= 1 (length others))
    (mistake "expected one file, or - for standard input, got ~a"
             (if (null? others) "none" (string-join others " "))))
  (define file (car others))
  (define in
    (if (equal? file "-")
        (current-input-port)
        (with-handlers ([exn:fail:filesystem? (λ (e) (mistake "the file ~a cannot be read" file))])
          (open-input-file file))))
  (let loop ()
    (define line (next-line in))
    (unless (eof-object? line)
      (unless (equal? "" (string-trim line))
        (define architecture
          (with-handlers ([exn:fail:text? (λ (e) (say (format "error: ~a" (exn-message e)))
                                                 (worse! 2)
                                                 #f)])
            (read-architecture line #:holes? holes?)))
        (when architecture (answer architecture line))
        (flush-output))
      (loop))))

;; A line, cut where it is longer than any that is read.
(define (next-line in)
  (define out (open-output-bytes))
  (let loop ([n 0])
    (define b (read-byte in))
    (cond [(and (eof-object? b) (= n 0)) b]
          [(or (eof-object? b) (eqv? b 10))
           (bytes->string/utf-8 (get-output-bytes out) #\?)]
          [else (when (<= n longest-line) (write-byte b out)) (loop (add1 n))])))

(define status 0)
(define (worse! n) (set! status (max status n)))
(define (exit-status) status)

(define (text-of architecture) (bytes->string/utf-8 (architecture->text architecture)))

;; The text of the architecture that a space gave; a mistake of the space if it is none.
(define (answer-text answer)
  (define text (text-of (car answer)))
  (with-handlers ([exn:fail:text?
                   (λ (e) (raise-user-error (format "an answer is no architecture: ~a"
                                                    (exn-message e))))])
    (read-architecture text))
  text)

(define (shorten t) (if (> (string-length t) 32) (string-append (substring t 0 31) "…") t))

;; Says each text once, up to n of them. -> a procedure (TEXT -> more wanted?) and one that gives how
;; many were said
(define (new-texts n #:say [say say])
  (define seen (make-hash))
  (values (λ (text)
            (unless (hash-ref seen text #f)
              (hash-set! seen text #t)
              (say text))
            (< (hash-count seen) n))
          (λ () (hash-count seen))))
