#lang racket/base
;; Architectures in, lines out, and the exit status.

(require racket/string "../networks/search.rkt" "../networks/text.rkt"
         "../networks/training.rkt" "options.rkt")
(provide say for-each-architecture worse! exit-status text-of answer-text shorten new-texts)

(define (say text) (write-string text) (newline))

(define longest-line (* 1024 1024))

;; Calls (answer ARCHITECTURE LINE RECIPE) for each line of FILE or standard input that is not empty,
;; RECIPE being its training as a template, or #f; one that cannot be read prints `error: …`.
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
        (define-values (architecture recipe)
          (with-handlers ([exn:fail:text? (λ (e) (say (format "error: ~a" (exn-message e)))
                                                 (worse! 2)
                                                 (values #f #f))])
            (read-network line #:holes? holes?)))
        (when architecture (answer architecture line recipe))
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

;; The text of an architecture, with the training beside it that the scope has left; or of a network.
(define (text-of s network)
  (bytes->string/utf-8
   (architecture->text (if (and (scope-training s) (eq? 'architecture (car network)))
                           (whole-network network (scope-training s))
                           network))))

;; The text of what a space gave; a mistake of the space if it is no network.
(define (answer-text s answer)
  (define text (text-of s (car answer)))
  (with-handlers ([exn:fail:text?
                   (λ (e) (raise-user-error (format "an answer is no architecture: ~a"
                                                    (exn-message e))))])
    (read-network text))
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
