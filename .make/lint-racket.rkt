#lang racket/base
;; Style of Racket files: no line wider than 102 columns, no trailing white space, no tabs, no require
;; that nothing uses; and the borders between the rooms of racket/, which stand below as a map. One
;; line per finding, `FILE:LINE: what`; exit status 1 if there are any. Files of racket/ are known by
;; their path from the current directory.
;;
;;     racket .make/lint-racket.rkt FILE ...
;;
;; A module that is required only for its effect (say, to register relations) is written
;; (only-in "file.rkt"). Requires in submodules are not examined: check-requires does not see them.

(require macro-debugger/analysis/check-requires
         racket/file
         racket/list
         racket/match
         racket/path
         racket/string)

(define max-width 102)

;; A Room is (room FOLDER FACES NEEDS): the Racket files of a folder and of its subfolders that are no
;; rooms themselves. Other rooms require only its FACES (#f: any of its files), and it requires only
;; files of the rooms NEEDS. Each room needs rooms that stand before it alone, so there is no circle.
(struct room (folder faces needs))
(define rooms
  (list
   (room "racket/kanren/core" #f '())
   (room "racket/kanren/constraints" #f '("racket/kanren/core"))
   (room "racket/kanren/integers" #f '("racket/kanren/core"))
   (room "racket/kanren/compiler" '("compile.rkt" "clauses.rkt")
         '("racket/kanren/core" "racket/kanren/integers"))
   (room "racket/kanren" '("main.rkt" "first-order.rkt")
         '("racket/kanren/core" "racket/kanren/constraints" "racket/kanren/integers"
           "racket/kanren/compiler"))
   (room "racket/search" '("frontier.rkt" "strategy.rkt" "episode.rkt" "problem.rkt" "user-file.rkt")
         '("racket/kanren/core" "racket/kanren"))
   (room "racket/bridge" '("client.rkt" "agent-process.rkt") '())
   (room "racket/networks" #f '("racket/kanren" "racket/search"))
   (room "racket/questions" #f '("racket/kanren" "racket/search" "racket/networks"))
   (room "racket" '()
         '("racket/kanren" "racket/search" "racket/bridge" "racket/networks" "racket/questions"))))

(for ([r (in-list rooms)] [i (in-naturals)])
  (for ([needed (in-list (room-needs r))])
    (unless (member needed (map room-folder (take rooms i)))
      (error 'lint-racket "the room ~a needs ~a, which does not stand before it" (room-folder r)
             needed))))

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

;; -- borders --------------------------------------------------------------------------------------

;; path-string -> the Room that the file stands in, or #f
(define (room-of file)
  (define path (path->string (find-relative-path (current-directory) (path->complete-path file))))
  (define inside (filter (λ (r) (string-prefix? path (string-append (room-folder r) "/"))) rooms))
  (and (pair? inside) (argmax (λ (r) (string-length (room-folder r))) inside)))

;; Every string in the file that is the path of a Racket file counts, also in lazy-require and
;; define-runtime-path.
(define (border-findings file)
  (define here (room-of file))
  (if (not here)
      '()
      (for*/list ([stx (in-list (racket-paths file))]
                  [target (in-value (simplify-path (build-path (path->complete-path file) 'up
                                                               (syntax-e stx))))]
                  #:when (file-exists? target)
                  [there (in-value (room-of target))]
                  #:unless (or (not there) (eq? here there) (may-require? here there target)))
        (finding file (syntax-line stx) "~s is a file of ~a; ~a may require ~a" (syntax-e stx)
                 (room-folder there) (room-folder here) (allowed here)))))

(define (may-require? here there target)
  (define-values (_ name __) (split-path target))
  (and (member (room-folder there) (room-needs here))
       (or (not (room-faces there)) (member (path->string name) (room-faces there)))))

(define (allowed here)
  (define needs (filter (λ (r) (member (room-folder r) (room-needs here))) rooms))
  (if (null? needs)
      "no other room"
      (string-join
       (for/list ([r (in-list needs)])
         (if (room-faces r)
             (format "~a (~a)" (room-folder r) (string-join (room-faces r) " "))
             (room-folder r)))
       ", ")))

;; path-string -> the strings in the file that end in .rkt, as syntax
(define (racket-paths file)
  (define stx
    (call-with-input-file file
      (λ (in)
        (port-count-lines! in)
        (parameterize ([read-accept-reader #t])
          (read-syntax file in)))))
  (let loop ([stx stx] [found '()])
    (define x (if (syntax? stx) (syntax-e stx) stx))
    (cond [(pair? x) (loop (car x) (loop (cdr x) found))]
          [(and (string? x) (string-suffix? x ".rkt") (relative-path? x)) (cons stx found)]
          [else found])))

(module+ main
  (define files (vector->list (current-command-line-arguments)))
  (define findings
    (append-map (λ (file) (append (line-findings file) (require-findings file)
                                  (border-findings file)))
                files))
  (for-each displayln findings)
  (unless (null? findings)
    (exit 1)))
