#lang racket/base
;; A space as a problem: its task, facts, budgets and answers.

(require racket/list rackunit
         "../../racket/networks/problem.rkt" "../../racket/search/frontier.rkt"
         "../../racket/search/problem.rkt" "../../racket/search/user-file.rkt")

(define (first-answer p)
  (define f (problem-frontier p))
  (let loop ()
    (define i (oldest-choice f))
    (cond [(not i) #f]
          [(eq? 'answer (expand f i)) (newest-answer f)]
          [else (loop)])))

(test-case "without options a space has its own input, classes and budgets"
  (check-equal? (problem-hello (space-problem "cnn" (hasheq)))
                (hasheq 'problem "cnn" 'task "categorize 28x28x1 images into 10 categories"
                        'facts (hasheq 'space "cnn" 'input '(1 28 28) 'classes 10))))

(test-case "options take their place"
  (define p (space-problem "cnn" (hasheq 'input '(3 4 5) 'classes 7 'max-params 900 'max-depth 4)))
  (check-equal? (problem-task p) "categorize 4x5x3 images into 7 categories")
  (define answer (first-answer p))
  (check-true (regexp-match? #rx#"^\\(architecture \\(input 3 4 5\\) "
                             ((problem-answer->text p) answer)))
  (check-equal? ((problem-answer-facts p) answer) (hasheq 'parameters (second answer)))
  (check-true (<= (second answer) 900)))

(test-case "where no network fits, the budgets are told"
  (define p (space-problem "cnn" (hasheq 'max-params 5)))
  (check-false (first-answer p))
  (check-equal? (problem-no-answer p)
                (string-append "no network of space cnn takes 1x28x28 to 10 classes with at most 5 "
                               "parameters; raise the budget")))

(test-case "a name in a table of results is a fact where it is asked for"
  (define (facts . options)
    (define p (space-problem "nas-bench-201" (apply hasheq options)))
    ((problem-answer-facts p) (first-answer p)))
  (check-false (hash-has-key? (facts) 'table_key))
  (check-equal? (hash-ref (facts 'table-keys #t) 'table_key)
                "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
  (check-exn #rx"space cnn names no table of results"
             (λ () (space-problem "cnn" (hasheq 'table-keys #t)))))

(test-case "a choice is shown as the layers so far"
  (define p (space-problem "cnn" (hasheq 'input '(1 8 8))))
  (define f (problem-frontier p))
  (expand f 0)
  (check-equal? ((problem-choice-summary p) (choice-term f 3)) "((conv2d 1 24 _.0 _.1 _.2) . _.3)"))

(test-case "an option is read as text and as Racket writes it"
  (define (read-as name given)
    (option-value (findf (λ (o) (eq? name (option-name o))) space-options) "--it" given))
  (check-equal? (read-as 'input "1,8,8") (read-as 'input '(1 8 8)))
  (check-equal? (read-as 'max-macs "0") 0)
  (for ([name '(input input input classes classes max-depth max-params)]
        [given '("1,8" (1 8 -8) 7 "0" 1.5 "-1" "many")])
    (check-exn exn:fail:mistake? (λ () (read-as name given)))))

(module* test #f)      ; raco test runs what stands above
