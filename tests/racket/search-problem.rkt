#lang racket/base
;; Problems: what a definition gives, what is wrong with one, and files that hold one.

(require racket/file (except-in rackunit fail)
         "../../racket/kanren/main.rkt" "../../racket/networks/problem.rkt"
         "../../racket/search/frontier.rkt" "../../racket/search/problem.rkt"
         "../../racket/search/user-file.rkt")

(defrel (joino a b both)
  (conde
    [(== a '()) (== b both)]
    [(fresh (x rest more)
       (== a `(,x . ,rest)) (== both `(,x . ,more)) (joino rest b more))]))

(define-problem (splits-of-three a b) "two lists that make (1 2 3)" (joino a b '(1 2 3)))

;; The texts of all answers of a problem.
(define (texts p)
  (define f (problem-frontier p))
  (let loop ()
    (define i (oldest-choice f))
    (when i (expand f i) (loop)))
  (map (problem-answer->text p) (answers f)))

(test-case "a problem is defined in three lines, and an answer is a line with the variables' values"
  (check-equal? (problem-hello splits-of-three)
                (hasheq 'problem "splits-of-three" 'task "two lists that make (1 2 3)"
                        'facts (hasheq)))
  (check-equal? (texts splits-of-three)
                '(#"(() (1 2 3))" #"((1) (2 3))" #"((1 2) (3))" #"((1 2 3) ())")))

(test-case "a bare query is a problem; one variable stands alone, and what is free has a name"
  (check-equal? (texts (query->problem (query (x) (conde [(== x "two\nlines")] [(== x 'b)]))))
                '(#"\"two\\nlines\"" #"b"))
  (check-equal? (texts (query->problem (query (x y) (== x `(1 ,y))))) '(#"((1 _.0) _.0)")))

(test-case "a choice is shown as far as the answer is known"
  (define f (problem-frontier splits-of-three))
  (expand f 0)
  (check-equal? ((problem-choice-summary splits-of-three) (choice-term f 2)) "((1 . _.0) _.1)"))

(test-case "a task of one's own takes the place of the problem's"
  (check-equal? (problem-task (with-task splits-of-three "cut a list")) "cut a list")
  (for ([wrong (list "" "two\nlines" (make-string 1001 #\x) 7)])
    (check-exn exn:fail:mistake? (λ () (with-task splits-of-three wrong)))))

(define-namespace-anchor here)
(define (expanded form)
  (parameterize ([current-namespace (namespace-anchor->namespace here)]) (expand-form form)))
(define expand-form (dynamic-require 'racket/base 'expand))

(test-case "a definition that is none says what was expected"
  (for ([form '((define-problem)
                (define-problem (p) "t" succeed)
                (define-problem (p 1) "t" succeed)
                (define-problem (p x x) "t" succeed)
                (define-problem (p x) t succeed)
                (define-problem (p x) "two\nlines" succeed)
                (define-problem (p x) "" succeed)
                (define-problem (p x) "t"))]
        [why '(#rx"expected \\(define-problem" #rx"no variable to ask for" #rx"not a name"
               #rx"declared twice" #rx"not a sentence of 1 to 1000" #rx"in one line" #rx"not a sent"
               #rx"no goal")])
    (check-exn (λ (e) (and (exn:fail:syntax? e) (regexp-match? why (exn-message e))))
               (λ () (expanded form)))))

;; -- files ------------------------------------------------------------------------------------------

(define folder (make-temporary-file "architecto-~a" 'directory))
(define (file name . lines)
  (define path (build-path folder name))
  (display-lines-to-file (list* "#lang racket/base" "(require architecto)" lines) path)
  (path->string path))

(define halves
  (file "halves.rkt"
        "(define-problem (halves x) \"a half\" (conde [(== x 1)] [(== x 2)] [(boomo x)]))"
        "(defrel (boomo x) (fresh (y) (== y 0) (divideo x y)))"
        "(defprimitive (divideo x y) #:inputs (y) (== x (/ 1 y)))"))
(define tiny
  (file "tiny.rkt" "(define-space (tiny architecture input classes #:account account)"
        "  \"one layer\" #:input (1 2 2) #:classes 3 #:max-params 15"
        "  (architectureo architecture input '()))"))
(define empty-file (file "empty.rkt"))
(define broken (file "broken.rkt" "(define-problem (broken x) \"t\" (nowhere x))"))

(define (found path . options) (find-problem path (apply hasheq options)))

(test-case "a file's problem and a file's space are found by path"
  (check-equal? (problem-task (found halves)) "a half")
  (check-equal? (problem-task (found tiny)) "categorize 2x2x1 images into 3 categories")
  (check-equal? (hash-ref (problem-facts (found tiny 'input '(3 4 5))) 'input) '(3 4 5)))

(define ((says pattern) e) (and (exn:fail:mistake? e) (regexp-match? pattern (exn-message e))))

(test-case "what is wrong with a file is one line"
  (check-exn (says #rx"^[^\n]*empty.rkt defines no problem; write \\(define-problem [^\n]*$")
             (λ () (found empty-file)))
  (check-exn (says #rx"^the problem file [^\n]*broken.rkt cannot be loaded: [^\n]*nowhere[^\n]*$")
             (λ () (found broken)))
  (check-exn (says #rx"^no such problem file: none.rkt$") (λ () (found "none.rkt")))
  (check-exn (says #rx"^unknown space 'none': expected one of cnn") (λ () (found "none")))
  (check-exn (says #rx"^the option classes has no meaning with the problem halves")
             (λ () (found halves 'classes 3))))

(test-case "what a problem's relation raises is told with the file"
  (define p (found halves))
  (check-exn (says #rx"^the problem file [^\n]*halves.rkt: /: division by zero$")
             (λ () (call-with-user-code (problem-where p) (λ () (texts p))))))

(delete-directory/files folder)

(module* test #f)      ; raco test runs what stands above
