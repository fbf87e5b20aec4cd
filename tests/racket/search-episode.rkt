#lang racket/base
;; Strategies and the episode loop, with a guide in the same process.

(require racket/list (except-in rackunit fail)
         "../../racket/kanren/main.rkt" "../../racket/search/episode.rkt"
         "../../racket/search/frontier.rkt" "../../racket/search/strategy.rkt")

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
     f (make-strategy name f)
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
  (for* ([name strategy-names] [pick (list first last)])
    (define-values (outcome found log) (search name pick))
    (check-equal? outcome 'exhausted)
    (check-equal? (sorted found) (sorted all-bits))))

(test-case "descend offers the children of the last pick and starts again from the root"
  (define-values (outcome found log) (search 'descend first))
  (check-equal? (take log 6)
                '((pick 0 0 (1 2)) (pick 0 1 (3 4)) (pick 0 2 (5 6)) (answer 0 (0 0 0))
                  (end 0 answer) (pick 1 0 (1 2)))))

(test-case "the guide can stop the search"
  (define-values (outcome found log) (search 'descend first #:answers 2))
  (check-equal? outcome 'stopped)
  (check-equal? (length found) 2))

(test-case "fair never asks"
  (define-values (outcome found log) (search 'fair first))
  (check-false (ormap (λ (entry) (eq? (car entry) 'pick)) log)))

(defrel (never-o x) (never-o x))
(defrel (number-o n) (conde [(== n '())] [(fresh (less) (== n `(s . ,less)) (number-o less))]))

(test-case "fair passes by what never ends and reaches every answer"
  (define f
    (make-frontier (query (x) (conde [(never-o x)] [(== x 'a)] [(number-o x)] [(never-o 1)]))))
  (define outcome
    (run-episodes f (make-strategy 'fair f)
                  (guide void void (λ (episode outcome) (if (= (length (answers f)) 4) 'stop 'go)))))
  (check-equal? outcome 'stopped)
  (check-equal? (answers f) '(a () (s) (s s))))

(test-case "an episode that goes into an endless branch ends at the limit"
  (define f (make-frontier (query (x) (never-o x))))
  (define ends '())
  (run-episodes f (make-strategy 'descend f) #:step-limit 3
                (guide void void (λ (episode outcome) (set! ends (cons outcome ends)) 'stop)))
  (check-equal? ends '(limit)))

(module* test #f)      ; raco test runs what stands above
