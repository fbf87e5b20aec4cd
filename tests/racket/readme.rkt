#lang racket/base
;; The Racket examples of README.md give what README.md says they give: each form before a line
;; ";; ⇒ DATUM" is evaluated, and the value of the last one compared with DATUM.

(require racket/list racket/port racket/runtime-path racket/string rackunit)

(define-runtime-path readme "../../README.md")
(define-runtime-module-path-index architecto "../../racket/main.rkt")

(define marker ";; ⇒ ")

;; The contents of the fenced blocks of a language.
(define (blocks text language)
  (for/list ([piece (rest (string-split text (string-append "```" language "\n") #:trim? #f))])
    (first (string-split piece "```" #:trim? #f))))

;; A block -> (list (list SOURCE EXPECTED) …)
(define (examples block)
  (let loop ([lines (string-split block "\n")] [source '()] [found '()])
    (cond
      [(null? lines) (reverse found)]
      [(string-prefix? (first lines) marker)
       (loop (rest lines) '()
             (cons (list (string-join (reverse source) "\n")
                         (substring (first lines) (string-length marker)))
                   found))]
      [else (loop (rest lines) (cons (first lines) source) found)])))

(define (read-all text) (port->list read (open-input-string text)))

(define-namespace-anchor here)

(define checked
  (for/sum ([block (blocks (call-with-input-file readme port->string) "racket")])
    (define space (make-base-namespace))
    (namespace-attach-module (namespace-anchor->namespace here) ''#%kernel space)
    (parameterize ([current-namespace space])
      (namespace-require (module-path-index-resolve architecto))
      (for/sum ([example (examples block)])
        (define value (for/last ([form (read-all (first example))]) (eval form)))
        (check-equal? value (first (read-all (second example))) (first example))
        1))))

(test-case "README.md has worked examples"
  (check-true (>= checked 4)))

(module* test #f)      ; raco test runs what stands above
