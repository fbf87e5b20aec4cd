#lang racket/base
;; Questions to a whole space: sample, count, smallest, largest.

(require racket/list racket/string "../networks/ask.rkt" "../networks/budget.rkt"
         "../networks/extremes.rkt" "../networks/quantities.rkt" "../networks/sample.rkt"
         "../networks/search.rkt" "../networks/shape-kinds.rkt" "../networks/space.rkt"
         "../networks/training.rkt" "lines.rkt"
         "options.rkt")
(provide sample count-all extreme)

(define (sample options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define n (hash-ref options "-n" 1))
  (define seconds (hash-ref options "--timeout" 60))
  (define-values (found said-count) (new-texts n))
  (define outcome
    (random-answers (frontier-of s) (hash-ref options "--seed" 0) #:seconds seconds
                    (λ (answer) (found (answer-text s answer)))))
  (case outcome
    [(exhausted)
     (eprintf "~a: ~a of ~a found: ~a\n" (current-command) (said-count) n
              (no-more s (said-count)))]
    [(timeout)
     (eprintf "~a: ~a of ~a found, and then no other for ~a seconds; more: --timeout\n"
              (current-command) (said-count) n seconds)])
  (when (< (said-count) n) (worse! 1)))

;; Why a space has no more than `count` networks: the budgets, if it has others without them.
(define (no-more s count)
  (define space (scope-space s))
  (define unbounded (for/list ([b (in-list (scope-budgets s))]) (list (first b) 0 endless)))
  (define-values (found _) (new-texts (add1 count) #:say void))
  (define outcome
    (for-each-answer
     (space-frontier space #:input (scope-input s) #:classes (scope-classes s) #:budgets unbounded
                     #:training (scope-training s) #:memory #f)
     #:seconds 10
     (λ (answer) (found (answer-text s answer)))))
  (define networks
    (case count [(0) "no network"] [(1) "only 1 network"] [else (format "only ~a networks" count)]))
  (define what
    (format "the space ~a has ~a for ~a and ~a classes" (space-name space) networks
            (input->words (scope-input s)) (scope-classes s)))
  (define bounded
    (format "~a with ~a~a" what (budgets->text (scope-budgets s) #:own (space-budgets space))
            (memory->text (scope-memory s))))
  (case outcome
    [(exhausted) what]
    [(stopped) bounded]
    [else (string-append bounded ", and without budgets none was found in 10 seconds")]))

(define (input->words shape)
  (if (eq? 'image (shape-kind shape)) (format "~a images" (shape->text shape)) (shape->words shape)))

(define (count-all options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define canonical
    (and (hash-ref options "--canonical" #f)
         (or (space-canonical (scope-space s))
             (mistake "space ~a has no canonical form" (space-name (scope-space s))))))
  (define seen (make-hash))
  (define outcome
    (for-each-answer (frontier-of s) #:seconds (hash-ref options "--timeout" 60)
                     (λ (answer)
                       (define text (answer-text s answer))
                       (define known (if canonical (its-canonical canonical (first answer)) text))
                       (hash-set! seen known #t)
                       #t)))
  (say (format "~a~a" (if (eq? outcome 'timeout) "at least " "") (hash-count seen))))

;; A training is told apart by its text.
(define (its-canonical canonical network)
  (if (eq? 'network (first network))
      (cons (canonical (second network)) (third network))
      (canonical network)))

;; Largest networks are seldom proven: nearly every network may still grow up to the budget.
(define ((extreme direction) options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define by (string->symbol (hash-ref options "--by" "params")))
  (unless (memq by quantities)
    (mistake "--by: expected one of ~a, got '~a'" (string-join (map symbol->string quantities) ", ")
             by))
  (define seconds (hash-ref options "--timeout" 10))
  (define-values (best proven?) (best-answer (frontier-of s #:measured by) direction seconds))
  (unless best
    (if proven?
        (mistake (no-more s 0))
        (mistake "no architecture found within ~a seconds; more: --timeout" seconds)))
  (say (answer-text s best))
  (eprintf "~a: ~a ~a~a\n" (current-command) (third best) (quantity-word by)
           (if proven? "" (format ", the best found in ~a seconds; more: --timeout" seconds))))
