#lang racket/base
;; The kinds of layers, as protocol/layers.json lists them for Racket and Python alike.

(require json racket/list racket/runtime-path racket/string)
(provide kinds (struct-out kind) (struct-out join) (struct-out argument) kind-of join-of takes?
         argument-of check-kinds)

;; A Kind is (kind TAKES ARGUMENTS JOIN FIRST-ONLY? SIDES): TAKES are the kinds of the shapes it
;; takes (shape-kinds.rkt), a join from its branches; JOIN is #f where the layer holds no others; one
;; that is FIRST-ONLY? stands first in a network and in no branch; SIDES is #f, or a number that
;; divides height and width.
(struct kind (takes arguments join first-only? sides))

;; A Join is (join LEAST MOST ALIKE? EXPECTS): numbers of branches; are the shapes of its branches
;; equal, or all sizes but the first?; what it expects, in a person's words.
(struct join (least most alike? expects))

;; An Argument is (argument NAME SAYS KIND LEAST DEFAULT ROLE CHOICES DIVIDES HALF-OF):
;;   NAME     PyTorch's, a string; SAYS is that of a person
;;   KIND     'integer, of at least LEAST; 'real, from 0 to 1; or 'choice, one of CHOICES
;;   DEFAULT  PyTorch's where the argument may be left out, else #f
;;   ROLE     'follows where the shape that comes in decides the value, 'out where the number of
;;            classes decides that of the last layer, else 'free
;;   DIVIDES  names of arguments that it divides; HALF-OF, of one whose half it is at the most, or #f
(struct argument (name says kind least default role choices divides half-of))

(define-runtime-path file "../../protocol/layers.json")

(define (mistake message . arguments)
  (raise-user-error (format "protocol/layers.json: ~a" (apply format message arguments))))

;; The value of a field, or the default of one that may be left out.
(define (field row key [default (λ () (mistake "expected ~a in ~a" key (jsexpr->string row)))])
  (hash-ref row key default))

(define (check-fields row known)
  (define unknown (remove* known (hash-keys row)))
  (unless (null? unknown)
    (mistake "unknown field ~a in ~a" (car unknown) (jsexpr->string row))))

(define (read-kind row choices)
  (check-fields row '(name class label takes gives summary arguments join first_only sides))
  (define branches (field row 'join #f))
  (kind (map string->symbol (field row 'takes '("image" "features" "series" "sequence")))
        (for/list ([a (in-list (field row 'arguments '()))]) (read-argument a choices))
        (and branches (read-join branches))
        (field row 'first_only #f)
        (field row 'sides #f)))

(define (read-join row)
  (check-fields row '(branches alike expects))
  (define most (second (field row 'branches)))
  (join (first (field row 'branches)) (if (eq? most (json-null)) +inf.0 most)
        (field row 'alike) (field row 'expects)))

(define (read-argument row choices)
  (check-fields row '(name says kind least default usual role choices divides half_of))
  (argument (field row 'name) (field row 'says) (string->symbol (field row 'kind "integer"))
            (field row 'least 1) (field row 'default #f) (string->symbol (field row 'role "free"))
            (map string->symbol
                 (let ([name (field row 'choices #f)])
                   (if name (field choices (string->symbol name)) '())))
            (field row 'divides '()) (field row 'half_of #f)))

;; Every kind, by its name in the text.
(define kinds
  (let* ([table (call-with-input-file file read-json)] [choices (field table 'choices)])
    (for/hasheq ([row (in-list (field table 'layers))])
      (values (string->symbol (field row 'name)) (read-kind row choices)))))

(define (kind-of layer) (hash-ref kinds (car layer)))
(define (join-of layer) (kind-join (kind-of layer)))

;; Does a layer take shapes of a kind?
(define (takes? layer shape-kind) (and (memq shape-kind (kind-takes (kind-of layer))) #t))

;; The value of an argument of a layer by name; #f where it is left out.
(define (argument-of layer name)
  (for/first ([a (in-list (kind-arguments (kind-of layer)))] [value (in-list (cdr layer))]
              #:when (equal? name (argument-name a)))
    value))

;; The layers with relations must be those of the table.
(define (check-kinds related)
  (define missing (remove* related (hash-keys kinds)))
  (define unlisted (remove* (hash-keys kinds) related))
  (define (listed names) (string-join (sort (map symbol->string names) string<?) ", "))
  (unless (null? missing)
    (mistake "~a: no relation; layers.rkt or blocks.rkt of racket/networks must list one"
             (listed missing)))
  (unless (null? unlisted)
    (mistake "~a: expected a row for each relation of racket/networks" (listed unlisted))))
