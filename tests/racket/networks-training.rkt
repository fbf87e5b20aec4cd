#lang racket/base
;; Training as a term: templates are read, recipes are choices, memory prunes, and the space fc-net is
;; that of its table.

(require racket/list (only-in racket/match match-define) racket/port racket/runtime-path racket/string
         (except-in rackunit fail)
         "../../racket/kanren/main.rkt" "../../racket/networks/problem.rkt"
         "../../racket/networks/search.rkt" "../../racket/networks/space.rkt"
         "../../racket/networks/text.rkt" "../../racket/networks/training.rkt"
         "../../racket/search/frontier.rkt" "../../racket/search/problem.rkt")

;; The recipes of a template, with what the stream finds and what the guided search finds.
(define (recipes template [kind 'image])
  (define (all) (query (training)
                  (with-recipe (read-template template) kind
                    (λ (recipe batch choose) (conj* (== training recipe) choose)))))
  (define streamed (query-answers #f (all) #t #f))
  (check-equal? (sort (guided (all)) string<? #:key ~s) (sort streamed string<? #:key ~s))
  streamed)

(define (~s x) (format "~s" x))

(define (guided query)
  (define f (make-frontier query))
  (let loop ()
    (define i (oldest-choice f))
    (cond [i (expand f i) (loop)]
          [else (map (λ (a) (if (and (pair? a) (null? (cdr a))) (car a) a)) (answers f))])))

(test-case "a list in a value's place stands for choices; parts come in the catalogue's order"
  (check-equal? (recipes "(training (batch 32) (adamw 3e-3 0))")
                '((training (adamw 0.003 0.0) (batch 32))))
  (check-equal? (length (recipes "(training ((adamw sgd) (0.001 0.01 0.1)) (batch (8 16)))")) 12)
  (check-equal? (recipes "(training (schedule (cosine linear)) (label-smoothing 0.1))")
                '((training (schedule cosine) (label-smoothing 0.1))
                  (training (schedule linear) (label-smoothing 0.1)))))

(test-case "augmentation is several words, and for images alone"
  (check-equal? (recipes "(training (augment (none flip flip-crop)))")
                '((training (augment none)) (training (augment flip))
                  (training (augment flip crop))))
  (check-equal? (recipes "(training (augment flip crop))") '((training (augment flip crop))))
  (check-equal? (recipes "(training (augment crop flip))") '((training (augment flip crop))))
  (check-equal? (recipes "(training (augment (none flip)))" 'features) '((training (augment none))))
  (check-exn #rx"^\\(augment WORD …\\) is for an input of kind image, got features$"
             (λ () (recipes "(training (augment flip))" 'features))))

(test-case "what is no template is one line"
  (for ([text '("(training (adamw 0))" "(training (lion 0.1))" "(training (batch 32) (batch 64))"
                "(training (batch 0.5))" "(training (batch))" "(training (schedule (cosine step)))"
                "(training (batch _))" "(train)" "(training (batch (8 (16))))" "(training #.(exit))"
                "(training (adamw (0.1) 0 0))" "(training ((adamw batch) 0.1))" "(training . batch)"
                "(training (augment))" "(training ())" "")]
        [message '("lr: expected a number above 0, got 0" "unknown part (lion 0.1)"
                   "the part batch stands twice" "expected a whole number of at least 1, got 0.5"
                   "expected (batch N), got (batch)"
                   "schedule: expected one of one-cycle, cosine, constant, linear, got step"
                   "a hole '_' stands in" "expected (training (batch …) …), got (train)"
                   "got (16)" "expected a list, a name or a number" "[weight-decay]), got"
                   "unknown part" "expected" "got (augment)" "unknown part ()" "character 1")])
    (check-exn (λ (e) (and (exn:fail:text? e) (string-contains? (exn-message e) message)
                           (not (string-contains? (exn-message e) "\n"))))
               (λ () (read-template text))
               text))
  (define o (findf (λ (o) (eq? 'training (option-name o))) space-options))
  (check-exn #rx"^--training: lr: expected a number above 0"
             (λ () (option-value o "--training" "(training (adamw 0))"))))

;; -- with a space -----------------------------------------------------------------------------------

(define (networks name . options)
  (problem-frontier (space-problem name (apply hasheq options))))

(define (all-answers f)
  (let loop ()
    (define i (oldest-choice f))
    (cond [i (expand f i) (loop)] [else (answers f)])))

(define small '((params 0 120)))
(define template (read-template "(training (adamw (0.001 0.01)) (batch (16 64)))"))

(test-case "the answers of a space with a training are all pairs"
  (define mlp (load-space "mlp"))
  (define bare (all-answers (space-frontier mlp #:input '(1 2 2) #:classes 2 #:budgets small)))
  (define both (all-answers (space-frontier mlp #:input '(1 2 2) #:classes 2 #:budgets small
                                            #:training template)))
  (check-equal? (length both) (* 4 (length bare)))
  (define p (space-problem "mlp" (hasheq 'training template 'max-params 120 'input '(1 2 2))))
  (check-true (regexp-match? #rx#"^\\(network \\(architecture .*\\(training \\(adamw 0.0"
                             ((problem-answer->text p) (first both))))
  (check-equal? ((problem-answer-facts p) (first both)) (hasheq 'parameters (second (first both)))))

;; Numbers that the layers of an mlp give.
(define (activations layers [size 4])
  (cond [(null? layers) 0]
        [else (define out (if (eq? 'linear (first (first layers))) (third (first layers)) size))
              (+ out (activations (rest layers) out))]))

(test-case "memory prunes as counting by hand does, also where only the batch is known"
  (define mlp (load-space "mlp"))
  (define bytes 12000)
  (define (ask training batch memory)
    (all-answers (space-frontier mlp #:input '(1 2 2) #:classes 2 #:budgets small
                                 #:training training #:batch batch #:memory memory)))
  (define (fits? answer batch)
    (match-define (list `(architecture ,_ ,layers) parameters) answer)
    (<= (+ (* 8 batch (activations layers)) (* 16 parameters)) bytes))
  (define bare (ask #f #f #f))
  (for ([batch '(16 64 128)])
    (define expected (count (λ (a) (fits? a batch)) bare))
    (check-equal? (length (ask #f batch bytes)) expected)
    (check-true (case batch [(64) (< 0 expected (length bare))] [else #t])))
  (check-equal? (length (ask template #f bytes))
                (* 2 (for/sum ([batch '(16 64)]) (count (λ (a) (fits? a batch)) bare))))
  (check-exn #rx"max-memory: got no batch" (λ () (ask #f #f bytes))))

(test-case "memory prunes while a network is partial: no network, and that is proven at once"
  (define f (networks "cnn" 'max-memory 100000 'batch-size 256))
  (check-equal? (all-answers f) '())
  (check-true (< (frontier-size f) 200)))

(test-case "the recipe is chosen first; a choice is shown as the layers and the training so far"
  (define p (space-problem "fc-net" (hasheq)))
  (define f (problem-frontier p))
  (define (shown i) ((problem-choice-summary p) (choice-term f i)))
  (expand f 0)
  (check-equal? (shown 1)
                "((network _.0 (training (adam 0.0005 0.0) (batch _.1) (schedule _.2))) _.3)")
  (define in-layers
    (for/fold ([i 0]) ([_ 4])
      (expand f i)
      (car (open-children f i))))
  (check-equal? (shown in-layers)
                (string-append "((linear 9 16) _.0 _.1 (linear 16 _.2) _.3 _.4 (linear _.2 1)) "
                               "(training (adam 0.0005 0.0) (batch 8) (schedule cosine))")))

;; -- fc-net -----------------------------------------------------------------------------------------

(define-runtime-path shared "../../../shared/hpolib")

;; arch -> parameters, as the table has them
(define (table-of file)
  (for/hash ([line (in-list (cdr (call-with-input-file file port->lines)))])
    (define cells (string-split line ","))
    (values (first cells) (string->number (fourth cells)))))

(test-case "fc-net: its table's networks, each once, with the table's names and parameters"
  (define space (load-space "fc-net"))
  (for ([name '("protein" "slice")] [features '(9 380)])
    (define found (all-answers (space-frontier space #:input (list features))))
    (define parameters
      (for/hash ([a (in-list found)]) (values ((space-table-key space) (first a)) (second a))))
    (check-equal? (length found) 62208)
    (check-equal? (hash-count parameters) 62208)
    (check-equal? (hash-ref parameters "relu|tanh|8|0.0|0.3|0.0005|const|16|32")
                  (+ (* features 16) 16 (* 16 32) 32 32 1))
    (define file (build-path shared (string-append name ".csv")))
    (when (file-exists? file) (check-equal? parameters (table-of file)))))

(module* test #f)      ; raco test runs what stands above
