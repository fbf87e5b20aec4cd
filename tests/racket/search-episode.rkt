#lang racket/base
;; Strategies and the episode loop, with a guide in the same process.

(require racket/file racket/list (except-in rackunit fail)
         "../../racket/kanren/main.rkt" "../../racket/search/episode.rkt"
         "../../racket/search/frontier.rkt" "../../racket/search/strategy.rkt"
         "../../racket/search/user-file.rkt")

;; bits of three places; the first two may not both be 1
(defrel (bits-o bits)
  (fresh (a b c)
    (== bits (list a b c))
    (bit-o a) (bit-o b) (bit-o c)
    (fd (<= (+ a b) 1))))

(defrel (bit-o x) (conde [(== x 0)] [(== x 1)]))

(define all-bits '((0 0 0) (0 0 1) (0 1 0) (0 1 1) (1 0 0) (1 0 1)))

(define (search name pick #:answers [limit +inf.0])
  (define f (make-frontier (query (bits) (bits-o bits))))
  (define log '())
  (define (note! entry) (set! log (cons entry log)))
  (define outcome
    (run-episodes
     f (load-strategy name)
     (guide (λ (episode step candidates new closed)
              (define open (if (eq? candidates 'all) (choices f) candidates))
              (note! (list 'pick episode step candidates))
              (pick open))
            (λ (episode step index answer)
              (note! (list 'answer episode answer))
              (if (>= (length (answers f)) limit) 'stop 'go-on))
            (λ (episode outcome) (note! (list 'end episode outcome))))))
  (values outcome (answers f) (reverse log)))

(define (sorted xs) (sort xs string<? #:key (λ (x) (format "~s" x))))

(test-case "every strategy and guide finds all answers and then says that the space is exhausted"
  (for* ([name (strategy-names)] [pick (list first last)])
    (define-values (outcome found log) (search name pick))
    (check-equal? outcome 'exhausted)
    (check-equal? (sorted found) (sorted all-bits))))

(test-case "descend offers the children of the last pick and starts again from the root"
  (define-values (outcome found log) (search "descend" first))
  (check-equal? (take log 6)
                '((pick 0 0 (1 2)) (pick 0 1 (3 4)) (pick 0 2 (5 6)) (answer 0 (0 0 0))
                  (end 0 answer) (pick 1 0 (1 2)))))

(test-case "the guide can stop the search"
  (define-values (outcome found log) (search "descend" first #:answers 2))
  (check-equal? outcome 'stopped)
  (check-equal? (length found) 2))

(test-case "fair never asks"
  (define-values (outcome found log) (search "fair" first))
  (check-false (ormap (λ (entry) (eq? (car entry) 'pick)) log)))

(defrel (never-o x) (never-o x))
(defrel (number-o n) (conde [(== n '())] [(fresh (less) (== n `(s . ,less)) (number-o less))]))

(test-case "fair passes by what never ends and reaches every answer"
  (define f
    (make-frontier (query (x) (conde [(never-o x)] [(== x 'a)] [(number-o x)] [(never-o 1)]))))
  (define outcome
    (run-episodes f (load-strategy "fair")
                  (guide void void (λ (episode outcome) (if (= (length (answers f)) 4) 'stop 'go)))))
  (check-equal? outcome 'stopped)
  (check-equal? (answers f) '(a () (s) (s s))))

(test-case "an episode that goes into an endless branch ends at the limit"
  (define f (make-frontier (query (x) (never-o x))))
  (define ends '())
  (run-episodes f (load-strategy "descend") #:step-limit 3
                (guide void void (λ (episode outcome) (set! ends (cons outcome ends)) 'stop)))
  (check-equal? ends '(limit)))

;; -- strategies of a user's own ------------------------------------------------------------------

(define folder (make-temporary-file "architecto-~a" 'directory))
(define (strategy-file name . lines)
  (define path (build-path folder name))
  (define language '("#lang racket/base" "(require architecto/search/strategy)"))
  (display-lines-to-file (append language lines) path)
  (path->string path))

;; Only ever the newest choice above or below the last one: depth first, without a guide's say.
(define newest
  (strategy-file "newest.rkt"
                 "(define-strategy newest \"the last child of the last pick\" #:memory 0"
                 "  #:candidates"
                 "  (λ (f at)"
                 "    (case (choice-status f at)"
                 "      [(unexpanded) (list at)]"
                 "      [(expanded) (list (car (reverse (open-children f at))))]"
                 "      [else '()]))"
                 "  #:picked (λ (f at index outcome)"
                 "             (if (eq? outcome 'choices) index (nearest-open f index))))"))

(test-case "a strategy in a file of a user's own leads the search"
  (define-values (outcome found log) (search newest first))
  (check-equal? outcome 'exhausted)
  (check-equal? found (reverse all-bits))
  (check-false (ormap (λ (entry) (eq? (car entry) 'pick)) log)))

(define ((says pattern) e) (and (exn:fail:mistake? e) (regexp-match? pattern (exn-message e))))

(test-case "what is wrong with a strategy is one line"
  (check-exn (says #rx"^unknown strategy 'up': expected one of best-first, descend, fair, or a path")
             (λ () (load-strategy "up")))
  (check-exn (says #rx"^[^\n]*none.rkt defines no strategy; write \\(define-strategy [^\n]*$")
             (λ () (load-strategy (strategy-file "none.rkt"))))
  (check-exn (says #rx"cannot be loaded: [^\n]*expected \\(define-strategy NAME[^\n]*$")
             (λ () (load-strategy (strategy-file "form.rkt" "(define-strategy x \"…\" #:memory 1)"))))
  (for ([candidates '("'(0 99)" "'none" "(car 0)")]
        [why '(#rx"99.rkt: expected 'all or a list of unexpanded choices as candidates, got .0 99."
               #rx"none.rkt: expected 'all or a list" #rx"0.rkt: car: contract violation")]
        [name '("99.rkt" "no-none.rkt" "car-0.rkt")])
    (define file
      (strategy-file name (format "(define-strategy x \"…\" #:candidates (λ (f memory) ~a))"
                                  candidates)))
    (check-exn (says why) (λ () (search file first)))))

(delete-directory/files folder)
