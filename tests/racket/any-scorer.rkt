#lang racket/base
;; Any scorer finds the same answers: each space that comes with Architecto, cut to a few hundred
;; networks by budgets, is searched until it is exhausted, and the answers are those that the stream
;; finds, which knows nothing of choices, strategies and guides.

(require racket/list (except-in rackunit fail)
         "../../racket/kanren/main.rkt" "../../racket/networks/search.rkt"
         "../../racket/networks/space.rkt" "../../racket/search/episode.rkt"
         "../../racket/search/frontier.rkt" "../../racket/search/strategy.rkt")

;; SPACE, input, budgets, and a goal that holds of the architecture as well.
(define cuts
  (list (list "cnn" '(1 2 2) '((params 0 100)) #f)
        ;; of the dropouts, those that are none
        (list "fc-net" '(2) '((params 0 1000))
              (λ (architecture)
                (fresh (input a b c d e)
                  (== architecture `(architecture ,input (,a ,b (dropout 0.0) ,c ,d (dropout 0.0)
                                                          ,e))))))
        (list "inception" '(1 4 4) '((params 0 2000)) #f)
        (list "language-model" '(2 3 . tokens) '((params 0 5000)) #f)
        (list "mlp" '(1 2 2) '((params 0 200)) #f)
        (list "mobilenet" '(1 4 4) '((params 0 2000)) #f)
        (list "nas-bench-201" '(3 32 32) '((params 0 73306)) #f)
        (list "resnet" '(1 4 4) '((params 0 3000)) #f)
        (list "series" '(1 3 . series) '((params 0 120)) #f)
        (list "tabular" '(2) '((params 0 140)) #f)
        (list "tabular" '(1 1 2 . table) '((params 0 70)) #f)
        (list "text" '(3 3 . tokens) '((params 0 400)) #f)
        (list "vit" '(1 4 4) '((params 0 30000)) #f)
        ;; any first layer: whoever asks for all of two layers gets tens of thousands
        (list "free" '(1 2 2) '((params 0 300))
              (λ (architecture)
                (fresh (input first features)
                  (== architecture
                      `(architecture ,input (,first (flatten) (linear ,features 2)))))))))

;; A Scorer takes a choice's text, its index and the index picked last; the greatest number is picked.
(define (size text) (bytes-length text))
(define scorers
  (list (cons "all equal" (λ (text index last) 0))
        (cons "the newest" (λ (text index last) index))
        (cons "the longest text" (λ (text index last) (size text)))
        (cons "the shortest text" (λ (text index last) (- (size text))))
        (cons "the farthest from the last pick" (λ (text index last) (abs (- index last))))
        (cons "by chance" (λ (text index last) (random)))))

;; The answers of a guided search until the space is exhausted.
(define (guided f strategy scorer)
  (define texts (make-hasheqv))
  (define last-pick 0)
  (random-seed 0)
  (define (pick episode step candidates new closed)
    (set! last-pick
          (argmax (λ (i) (scorer (hash-ref! texts i (λ () (choice-text f i))) i last-pick))
                  (if (eq? candidates 'all) (choices f) candidates)))
    last-pick)
  (check-equal? (run-episodes f (load-strategy strategy) (guide pick void void)) 'exhausted)
  (answers f))

(define (as-set answers)
  (define found (for/hash ([a answers]) (values a #t)))
  (check-equal? (hash-count found) (length answers) "an answer was found twice")
  found)

(test-case "every space has a cut"
  (check-equal? (sort (remove-duplicates (map car cuts)) string<?) (space-names)))

(for ([cut cuts])
  (define-values (name input budgets like) (apply values cut))
  (define (networks)
    (space-query (load-space name) #:input input #:classes 2 #:budgets budgets #:like like))
  (define expected (as-set (query-answers #f (networks) #f #f)))
  (test-case (format "~a: its cut holds some networks" name)
    (check-true (<= 50 (hash-count expected) 1000)))
  (for* ([strategy '("descend" "best-first")] [scorer scorers])
    (test-case (format "~a, ~a, ~a" name strategy (car scorer))
      (define f (make-frontier (networks)))
      (check-equal? (as-set (guided f strategy (cdr scorer))) expected)))
  (test-case (format "~a, with a limit on what is remembered" name)
    (define f (make-frontier (networks) #:max-nodes 200))
    (check-equal? (as-set (guided f "descend" (cdr (last scorers)))) expected)))

(module* test #f)      ; raco test runs what stands above
