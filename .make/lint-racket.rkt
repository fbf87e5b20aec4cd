#lang racket/base
;; Style of Racket files: no line wider than 102 columns, no trailing white space, no tabs, and no
;; require that nothing uses. One line per finding, `FILE:LINE: what`; exit status 1 if there are any.
;;
;;     racket .make/lint-racket.rkt FILE ...
;;
;; A module that is required only for its effect (say, to register relations) is written
;; (only-in "file.rkt"). Requires in submodules are not examined: check-requires does not see them.

(require macro-debugger/analysis/check-requires
         racket/file
         racket/list
         racket/match
         racket/string)

(define max-width 102)

;; Finding = string, "FILE:LINE: what"
(define (finding file line format-string . arguments)
  (format "~a:~a: ~a" file line (apply format format-string arguments)))

;; path-string -> (listof Finding)
(define (line-findings file)
  (append*
   (for/list ([line (file->lines file)] [number (in-naturals 1)])
     (define width (string-length line))
     (filter values
             (list (and (> width max-width)
                        (finding file number "~a columns, ~a at most" width max-width))
                   (and (regexp-match? #px"\\s$" line)
                        (finding file number "white space at the end of the line"))
                   (and (string-contains? line "\t")
                        (finding file number "a tab; indent with spaces")))))))

;; path-string -> (listof Finding)
(define (require-findings file)
  (define text (file->string file))
  (for/list ([entry (show-requires (path->complete-path file))]
             #:when (eq? (first entry) 'drop)
             #:unless (for-effect? (second entry) text))
    (match-define (list _ module phase) entry)
    (finding file (line-of (format "~s" module) text) "~s is required~a but not used"
             module (if (eqv? phase 0) "" (format " for phase ~a" phase)))))

;; Is the module required as (only-in MODULE)?
(define (for-effect? module text)
  (string-contains? text (format "(only-in ~s)" module)))

;; The line on which `needle` first stands after the word require; 1 if there is none.
(define (line-of needle text)
  (define start (match (regexp-match-positions #rx"\\(require" text)
                  [(list (cons from _)) from]
                  [_ 0]))
  (match (regexp-match-positions (regexp-quote needle) text start)
    [(list (cons from _)) (add1 (length (regexp-match* #rx"\n" (substring text 0 from))))]
    [_ 1]))

(module+ main
  (define files (vector->list (current-command-line-arguments)))
  (define findings
    (append-map (λ (file) (append (line-findings file) (require-findings file))) files))
  (for-each displayln findings)
  (unless (null? findings)
    (exit 1)))
